package io.arrowquant.quantize.measure;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.Serializable;

/**
 * Sums over weights {@code w}, their reconstruction {@code w'} and the error {@code e = w - w'},
 * from which {@link Quality} is derived. Totals are float64 and added group by group in row order,
 * and slices are merged in order, so the result does not depend on the number of threads.
 */
public final class ErrorSums implements Serializable {

  private static final long serialVersionUID = 1;

  private long count;
  private long nanCount;
  private long infCount;
  private float min = Float.POSITIVE_INFINITY;
  private float max = Float.NEGATIVE_INFINITY;
  private double sum;
  private double squares;
  private double cross;
  private double errorSquares;
  private float maxAbsError;
  private double worstGroup = Double.POSITIVE_INFINITY;

  /** Widens the source's range to include the finite values {@code lo} and {@code hi}. */
  public void addRange(float lo, float hi) {
    min = Math.min(min, lo);
    max = Math.max(max, hi);
  }

  /**
   * Adds one scale group.
   *
   * @param n its weights
   * @param sum of w
   * @param squares sum of w^2
   * @param cross sum of w e
   * @param errorSquares sum of e^2
   */
  public void addGroup(int n, double sum, double squares, double cross, double errorSquares) {
    count += n;
    this.sum += sum;
    this.squares += squares;
    this.cross += cross;
    this.errorSquares += errorSquares;
    // Divides only where the quotient may be the least, rounding errors of the product included.
    if (errorSquares > 0 && squares <= worstGroup * errorSquares * (1 + 0x1p-40)) {
      worstGroup = Math.min(worstGroup, squares / errorSquares);
    }
  }

  /** Takes note of the largest |e| of some weights. */
  public void addMaxAbsError(float error) {
    maxAbsError = Math.max(maxAbsError, error);
  }

  /** Adds weights that are kept as they are, so without error; only finite ones belong here. */
  public void addExact(long n, double sum, double squares) {
    count += n;
    this.sum += sum;
    this.squares += squares;
  }

  /** Counts values that are no numbers; they are in no other sum. */
  public void addNonFinite(long nan, long inf) {
    nanCount += nan;
    infCount += inf;
  }

  /** Puts the sums down, bit for bit, for {@link #read}. */
  public void write(DataOutput out) throws IOException {
    out.writeLong(count);
    out.writeLong(nanCount);
    out.writeLong(infCount);
    out.writeFloat(min);
    out.writeFloat(max);
    out.writeDouble(sum);
    out.writeDouble(squares);
    out.writeDouble(cross);
    out.writeDouble(errorSquares);
    out.writeFloat(maxAbsError);
    out.writeDouble(worstGroup);
  }

  /** Takes up what {@link #write} put down. */
  public static ErrorSums read(DataInput in) throws IOException {
    ErrorSums sums = new ErrorSums();
    sums.count = in.readLong();
    sums.nanCount = in.readLong();
    sums.infCount = in.readLong();
    sums.min = in.readFloat();
    sums.max = in.readFloat();
    sums.sum = in.readDouble();
    sums.squares = in.readDouble();
    sums.cross = in.readDouble();
    sums.errorSquares = in.readDouble();
    sums.maxAbsError = in.readFloat();
    sums.worstGroup = in.readDouble();
    return sums;
  }

  /** Adds the sums of the rows that follow. */
  public void merge(ErrorSums next) {
    count += next.count;
    nanCount += next.nanCount;
    infCount += next.infCount;
    min = Math.min(min, next.min);
    max = Math.max(max, next.max);
    sum += next.sum;
    squares += next.squares;
    cross += next.cross;
    errorSquares += next.errorSquares;
    maxAbsError = Math.max(maxAbsError, next.maxAbsError);
    worstGroup = Math.min(worstGroup, next.worstGroup);
  }

  /** Finite weights added. */
  public long count() {
    return count;
  }

  /** Source weights that are no numbers. */
  public long nanCount() {
    return nanCount;
  }

  /** Infinite source weights. */
  public long infCount() {
    return infCount;
  }

  /** Whether a NaN or an infinity was met, so that the tensor cannot be quantized. */
  public boolean hasNonFinite() {
    return nanCount + infCount > 0;
  }

  /** What the sums say. */
  public Quality quality() {
    double mean = count == 0 ? 0 : sum / count;
    double variance = count == 0 ? 0 : Math.max(0, squares / count - mean * mean);
    return new Quality(
        cosine(),
        decibels(errorSquares == 0 ? Double.POSITIVE_INFINITY : squares / errorSquares),
        decibels(worstGroup),
        count == 0 ? 0 : Math.sqrt(errorSquares / count),
        maxAbsError,
        min <= max ? min : 0,
        min <= max ? max : 0,
        mean,
        Math.sqrt(variance),
        nanCount,
        infCount);
  }

  /** With w' = w - e: sum w w' = sum w^2 - sum w e; sum w'^2 = sum w^2 - 2 sum w e + sum e^2. */
  private double cosine() {
    if (errorSquares == 0) {
      return 1;
    }
    double norms = Math.sqrt(squares) * Math.sqrt(Math.max(0, squares - 2 * cross + errorSquares));
    return norms == 0 ? 0 : Math.max(-1, Math.min(1, (squares - cross) / norms));
  }

  private static double decibels(double ratio) {
    return 10 * StrictMath.log10(ratio);
  }
}
