package io.arrowquant.quantize.diffusion;

/**
 * Scales of input channels: {@code W' = W diag(s)} is quantized instead of W, with {@code s_c =
 * w_c^(alpha/2) / geometric mean}, rounded to float16; decoding divides by s. With alpha 0 all are
 * 1 and nothing changes; with alpha 1 every channel's error counts alike.
 */
public final class Equalization {

  /** How many exponents are tried: 0, 0.1, ... 1. */
  public static final int TRIALS = 11;

  private Equalization() {}

  /** The exponent of a trial. */
  public static double alpha(int trial) {
    return trial / 10.0;
  }

  /**
   * The scales for an exponent, each a float16 above 0.
   *
   * @param importance of each column, above 0
   */
  public static float[] scales(float[] importance, double alpha) {
    int columns = importance.length;
    double logs = 0;
    for (float value : importance) {
      logs += StrictMath.log(value);
    }
    double mean = logs / columns;
    float[] scales = new float[columns];
    for (int c = 0; c < columns; c++) {
      scales[c] = toFloat16(StrictMath.exp(alpha / 2 * (StrictMath.log(importance[c]) - mean)));
    }
    return scales;
  }

  /** The importance of columns that were multiplied with scales: {@code w_c / s_c^2}. */
  public static float[] scaledImportance(float[] importance, float[] scales) {
    float[] scaled = new float[importance.length];
    for (int c = 0; c < scaled.length; c++) {
      scaled[c] = (float) (importance[c] / ((double) scales[c] * scales[c]));
    }
    return scaled;
  }

  /** The nearest normal float16, ties to even. */
  static float toFloat16(double value) {
    double bounded = Math.max(0x1p-14, Math.min(65504, value));
    double unit = Math.scalb(1.0, Math.getExponent(bounded) - 10);
    return (float) (Math.rint(bounded / unit) * unit);
  }
}
