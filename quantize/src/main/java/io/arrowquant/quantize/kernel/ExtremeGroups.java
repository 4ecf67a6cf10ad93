package io.arrowquant.quantize.kernel;

import io.arrowquant.quantize.measure.ErrorSums;

/**
 * Groups whose scale is so small or so large that float32 squares or 1 / scale would leave the
 * range of float32. Rare, so plain float64.
 */
public final class ExtremeGroups {

  /** Least scale that {@link GroupKernel#encode} takes. */
  public static final float MIN_SCALE = 0x1p-40f;

  /** Greatest scale that {@link GroupKernel#encode} takes. */
  public static final float MAX_SCALE = 0x1p40f;

  private ExtremeGroups() {}

  public static boolean isExtreme(float scale) {
    return scale < MIN_SCALE || scale > MAX_SCALE;
  }

  /**
   * As {@link GroupKernel#encode}, for any positive scale: {@code clamp(roundHalfEven(w / scale +
   * zeroPoint))} in float64, moved towards the zero point where the reconstruction would overflow.
   */
  public static void encode(
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
    double sum = 0;
    double squares = 0;
    double cross = 0;
    double errorSquares = 0;
    double worst = 0;
    for (int i = 0; i < n; i++) {
      double w = weights[from + i];
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
    sums.addGroup(n, sum, squares, cross, errorSquares, (float) Math.min(worst, Float.MAX_VALUE));
  }
}
