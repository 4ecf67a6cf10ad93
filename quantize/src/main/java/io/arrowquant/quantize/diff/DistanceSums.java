package io.arrowquant.quantize.diff;

import org.apache.arrow.memory.ArrowBuf;

/** Sums over pairs of float32 values, from which a {@link Distance} is derived. */
final class DistanceSums {

  private long count;
  private long differing;
  private double max;
  private double errors;
  private double before;
  private double after;
  private double product;

  /** Adds {@code n} pairs from the buffers' starts. */
  void add(ArrowBuf first, ArrowBuf second, long n) {
    for (long i = 0; i < n; i++) {
      float a = first.getFloat(i * Float.BYTES);
      float b = second.getFloat(i * Float.BYTES);
      if (!Float.isFinite(a) || !Float.isFinite(b)) {
        boolean equal = a == b || Float.isNaN(a) && Float.isNaN(b);
        differing += equal ? 0 : 1;
        continue;
      }
      double error = (double) a - b;
      differing += error == 0 ? 0 : 1;
      max = Math.max(max, Math.abs(error));
      errors += error * error;
      before += (double) a * a;
      after += (double) b * b;
      product += (double) a * b;
      count++;
    }
  }

  Distance distance() {
    double norms = Math.sqrt(before) * Math.sqrt(after);
    return new Distance(
        max,
        count == 0 ? 0 : Math.sqrt(errors / count),
        errors == 0 ? Double.POSITIVE_INFINITY : 10 * StrictMath.log10(before / errors),
        errors == 0 ? 1 : norms == 0 ? 0 : Math.max(-1, Math.min(1, product / norms)),
        differing);
  }
}
