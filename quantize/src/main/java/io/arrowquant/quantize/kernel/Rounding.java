package io.arrowquant.quantize.kernel;

/**
 * The one definition of a code: {@code clamp(roundHalfEven(w * (1 / scale) + zeroPoint))} in
 * float32 without fused operations, and of the order in which a group's errors are summed.
 */
final class Rounding {

  /**
   * Adding 1.5 x 2^23 rounds a float to an integer, ties to even, and leaves it in the mantissa.
   */
  static final float SHIFT = 0x1.8p23f;

  /** The bits of {@link #SHIFT}, so of the code 0. */
  static final int SHIFT_BITS = 0x4b400000;

  private Rounding() {}

  /** Signed code of a weight. */
  static int code(float weight, float inverse, float zeroPoint, int half) {
    int code = Float.floatToRawIntBits(weight * inverse + zeroPoint + SHIFT) - SHIFT_BITS;
    return Math.max(-half, Math.min(half - 1, code));
  }

  /** Sums {@code lanes[from, to)} in four strands. */
  static double fold(double[] lanes, int from, int to) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = from;
    for (; i + 4 <= to; i += 4) {
      a += lanes[i];
      b += lanes[i + 1];
      c += lanes[i + 2];
      d += lanes[i + 3];
    }
    for (; i < to; i++) {
      a += lanes[i];
    }
    return a + c + (b + d);
  }
}
