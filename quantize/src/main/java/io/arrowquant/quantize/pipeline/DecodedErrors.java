package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.PackedRows;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import io.arrowquant.quantize.kernel.Widen;
import io.arrowquant.quantize.measure.ErrorSums;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Errors of equalized weights: rows are decoded as a reader decodes them and compared with the
 * source, in float64, row after row. One instance per thread.
 */
final class DecodedErrors {

  private final BufferAllocator memory;
  private final Widen widen = new Widen();
  private final RowGroupDecoder decoder = new RowGroupDecoder();
  private final float[] stage = new float[Widen.STAGE];
  private float[] source = new float[0];
  private float[] decoded = new float[0];

  DecodedErrors(BufferAllocator memory) {
    this.memory = memory;
  }

  private interface Row {
    /** {@code n} weights in {@link #source} and {@link #decoded}. */
    void take(int n);
  }

  /** What the writer says of a run. */
  ErrorSums sums(PackedRows rows, int r, SourceRows weights) {
    ErrorSums sums = new ErrorSums();
    int groupSize = rows.layout().runs().get(r).groupSize();
    forEachRow(
        rows,
        r,
        weights,
        n -> {
          for (int from = 0; from < n; from += groupSize) {
            addGroup(sums, from, Math.min(n, from + groupSize));
          }
        });
    return sums;
  }

  private void addGroup(ErrorSums sums, int from, int to) {
    double sum = 0;
    double squares = 0;
    double cross = 0;
    double errorSquares = 0;
    for (int i = from; i < to; i++) {
      double w = source[i];
      double e = w - decoded[i];
      sum += w;
      squares += w * w;
      cross += w * e;
      errorSquares += e * e;
      sums.addRange(source[i], source[i]);
      sums.addMaxAbsError((float) Math.abs(e));
    }
    sums.addGroup(to - from, sum, squares, cross, errorSquares);
  }

  /** The sum over a run's weights of the squared error times what its column counts. */
  double weighted(PackedRows rows, int r, SourceRows weights, float[] importance) {
    double[] total = {0};
    forEachRow(
        rows,
        r,
        weights,
        n -> {
          double sum = 0;
          for (int c = 0; c < n; c++) {
            double e = (double) source[c] - decoded[c];
            sum += importance[c] * e * e;
          }
          total[0] += sum;
        });
    return total[0];
  }

  private void forEachRow(PackedRows rows, int r, SourceRows weights, Row taker) {
    RowRun run = rows.layout().runs().get(r);
    int n = run.columns();
    reserve(n);
    int width = weights.dtype().bits() / 8;
    try (ArrowBuf row = memory.buffer(4L * n)) {
      for (int i = 0; i < run.rowCount(); i++) {
        long first = (long) i * n;
        decoder.decode(rows, rows.offsets().firstWeight(r) + first, n, row);
        long address = weights.bytes().memoryAddress() + weights.offset() + first * width;
        for (int at = 0; at < n; at += Widen.STAGE) {
          int staged = Math.min(Widen.STAGE, n - at);
          widen.toFloat(weights.dtype(), address + (long) at * width, staged, stage);
          System.arraycopy(stage, 0, source, at, staged);
        }
        for (int c = 0; c < n; c++) {
          decoded[c] = row.getFloat(4L * c);
        }
        taker.take(n);
      }
    }
  }

  private void reserve(int columns) {
    if (source.length < columns) {
      source = new float[columns];
      decoded = new float[columns];
    }
  }
}
