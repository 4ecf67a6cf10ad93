package io.arrowquant.quantize.kernel;

import io.arrowquant.quantize.measure.ErrorSums;

/** Plain loops, which the JIT compiler vectorizes as far as it can. One instance per thread. */
public final class PlainKernel implements GroupKernel {

  /**
   * Adding 1.5 x 2^23 rounds a float to an integer, ties to even, and leaves it in the mantissa.
   */
  private static final float ROUND = 0x1.8p23f;

  private final float[] sum = new float[LANES];
  private final float[] squares = new float[LANES];
  private final float[] cross = new float[LANES];
  private final float[] errorSquares = new float[LANES];

  @Override
  public void range(float[] weights, int from, int n, float[] lo, float[] hi, int group) {
    int least = Integer.MAX_VALUE;
    int greatest = Integer.MIN_VALUE;
    for (int i = from; i < from + n; i++) {
      // Flipping the other bits of negatives makes integers order as the floats do, NaNs outside.
      int b = Float.floatToRawIntBits(weights[i]);
      int ordered = b ^ (b >> 31) >>> 1;
      least = Math.min(least, ordered);
      greatest = Math.max(greatest, ordered);
    }
    lo[group] = Float.intBitsToFloat(least ^ (least >> 31) >>> 1);
    hi[group] = Float.intBitsToFloat(greatest ^ (greatest >> 31) >>> 1);
  }

  @Override
  public void encode(
      float[] weights,
      int from,
      int n,
      float scale,
      float zeroPoint,
      int bits,
      int[] codes,
      int at,
      ErrorSums sums) {
    int half = 1 << (bits - 1);
    float inverse = 1 / scale;
    java.util.Arrays.fill(sum, 0);
    java.util.Arrays.fill(squares, 0);
    java.util.Arrays.fill(cross, 0);
    java.util.Arrays.fill(errorSquares, 0);
    float worst = 0;
    for (int i = 0; i < n; i++) {
      float w = weights[from + i];
      int code = (int) (w * inverse + zeroPoint + ROUND - ROUND);
      code = Math.max(-half, Math.min(half - 1, code));
      codes[at + i] = code + half;
      float e = w - (code - zeroPoint) * scale;
      int lane = i & LANES - 1;
      sum[lane] += w;
      squares[lane] += w * w;
      cross[lane] += w * e;
      errorSquares[lane] += e * e;
      worst = Math.max(worst, Math.abs(e));
    }
    sums.addGroup(n, fold(sum), fold(squares), fold(cross), fold(errorSquares), worst);
  }

  private static double fold(float[] lanes) {
    double total = 0;
    for (float lane : lanes) {
      total += lane;
    }
    return total;
  }
}
