package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.measure.ErrorSums;
import org.apache.arrow.memory.ArrowBuf;

/** What the values of a tensor are that is kept: counted without error. One per thread. */
public final class SourceSums {

  private final Widen widen = new Widen();
  private final float[] values = new float[Widen.STAGE];

  /** Whether values of the dtype are real numbers that can be summed up. */
  public static boolean has(DType dtype) {
    return Widen.supports(dtype);
  }

  /**
   * Adds all elements.
   *
   * @param source holds them from its start
   * @param count how many
   * @param sums where they are added
   */
  public void add(DType dtype, ArrowBuf source, long count, ErrorSums sums) {
    for (long at = 0; at < count; at += Widen.STAGE) {
      int n = (int) Math.min(Widen.STAGE, count - at);
      widen.toFloat(dtype, source.memoryAddress() + at * dtype.bits() / 8, n, values);
      add(n, sums);
    }
  }

  private void add(int n, ErrorSums sums) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    double sum = 0;
    double squares = 0;
    long nan = 0;
    long infinite = 0;
    for (int i = 0; i < n; i++) {
      float v = values[i];
      if (Float.isNaN(v)) {
        nan++;
      } else if (Float.isInfinite(v)) {
        infinite++;
      } else {
        min = Math.min(min, v);
        max = Math.max(max, v);
        sum += v;
        squares += (double) v * v;
      }
    }
    if (min <= max) {
      sums.addRange(min, max);
    }
    sums.addExact(n - nan - infinite, sum, squares);
    sums.addNonFinite(nan, infinite);
  }
}
