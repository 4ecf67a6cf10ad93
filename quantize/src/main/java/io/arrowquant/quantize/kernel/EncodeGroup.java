package io.arrowquant.quantize.kernel;

import io.arrowquant.quantize.measure.ErrorSums;

/**
 * Codes and measures one group of any length: what {@link Encode} does not take. Gives the bits
 * that {@link Encode} gives. One instance per thread.
 */
public final class EncodeGroup {

  /** Below, float32 squares of errors would vanish, and in the end 1 / scale overflow. */
  public static final float MIN_SCALE = 0x1p-40f;

  /** Above, float32 squares of weights would overflow. */
  public static final float MAX_SCALE = 0x1p40f;

  private final float[] weights = new float[Widen.STAGE];
  private final float[] errors = new float[Widen.STAGE];
  private final double[] sum = new double[Widen.STAGE / 8];
  private final double[] squares = new double[Widen.STAGE / 8];
  private final double[] cross = new double[Widen.STAGE / 8];
  private final double[] errorSquares = new double[Widen.STAGE / 8];

  /** Whether a scale is outside of what float32 sums bear. */
  public static boolean isExtreme(float scale) {
    return scale < MIN_SCALE || scale > MAX_SCALE;
  }

  /**
   * Chooses the codes of {@code source[from, from + n)}.
   *
   * @param codes takes the unsigned codes from {@code at} on
   */
  public void group(
      float[] source,
      int from,
      int n,
      float scale,
      float zeroPoint,
      int bits,
      int[] codes,
      int at,
      ErrorSums sums) {
    if (isExtreme(scale)) {
      extreme(source, from, n, scale, zeroPoint, bits, codes, at, sums);
      return;
    }
    int half = 1 << (bits - 1);
    float inverse = 1 / scale;
    float worst = 0;
    for (int i = 0; i < n; i++) {
      float w = source[from + i];
      int code = Rounding.code(w, inverse, zeroPoint, half);
      codes[at + i] = code + half;
      float e = w - (code - zeroPoint) * scale;
      weights[i] = w;
      errors[i] = e;
      worst = Math.max(worst, Math.abs(e));
    }
    int octets = (n + 7) / 8;
    for (int i = n; i < 8 * octets; i++) {
      weights[i] = 0;
      errors[i] = 0;
    }
    for (int i = 0; i < octets; i++) {
      sum[i] = sum(weights, 8 * i);
      squares[i] = dot(weights, weights, 8 * i);
      cross[i] = dot(weights, errors, 8 * i);
      errorSquares[i] = dot(errors, errors, 8 * i);
    }
    sums.addGroup(
        n,
        Rounding.fold(sum, 0, octets),
        Rounding.fold(squares, 0, octets),
        Rounding.fold(cross, 0, octets),
        Rounding.fold(errorSquares, 0, octets));
    sums.addMaxAbsError(worst);
  }

  private static float sum(float[] a, int i) {
    return a[i] + a[i + 1] + (a[i + 2] + a[i + 3]) + (a[i + 4] + a[i + 5] + (a[i + 6] + a[i + 7]));
  }

  private static float dot(float[] a, float[] b, int i) {
    float sum = a[i] * b[i] + a[i + 1] * b[i + 1];
    sum += a[i + 2] * b[i + 2] + a[i + 3] * b[i + 3];
    sum += a[i + 4] * b[i + 4] + a[i + 5] * b[i + 5];
    sum += a[i + 6] * b[i + 6] + a[i + 7] * b[i + 7];
    return sum;
  }

  /**
   * The same in float64, {@code w / scale} in place of {@code w * (1 / scale)}; codes move towards
   * the zero point where the reconstruction would overflow.
   */
  private static void extreme(
      float[] source,
      int from,
      int n,
      float scale,
      float zeroPoint,
      int bits,
      int[] codes,
      int at,
      ErrorSums sums) {
    int half = 1 << (bits - 1);
    double sum = 0;
    double squares = 0;
    double cross = 0;
    double errorSquares = 0;
    double worst = 0;
    for (int i = 0; i < n; i++) {
      double w = source[from + i];
      int code = (int) Math.rint(w / scale + zeroPoint);
      code = Math.max(-half, Math.min(half - 1, code));
      while (Float.isInfinite((code - zeroPoint) * scale)) {
        code += code > zeroPoint ? -1 : 1;
      }
      codes[at + i] = code + half;
      double e = w - (code - zeroPoint) * scale;
      sum += w;
      squares += w * w;
      cross += w * e;
      errorSquares += e * e;
      worst = Math.max(worst, Math.abs(e));
    }
    sums.addGroup(n, sum, squares, cross, errorSquares);
    sums.addMaxAbsError((float) Math.min(worst, Float.MAX_VALUE));
  }
}
