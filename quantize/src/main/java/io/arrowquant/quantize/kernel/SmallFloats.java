package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;

/**
 * Values of the 8-bit float formats of OCP and their FNUZ variants (one NaN at 0x80, no negative
 * zero, no infinities, bias one greater).
 */
final class SmallFloats {

  private static final float[] E4M3 = table(4, 7, Special.ALL_ONES_NAN);
  private static final float[] E5M2 = table(5, 15, Special.IEEE);
  private static final float[] E4M3FNUZ = table(4, 8, Special.UNSIGNED_ZERO);
  private static final float[] E5M2FNUZ = table(5, 16, Special.UNSIGNED_ZERO);
  private static final float[] E8M0 = powersOfTwo();

  private SmallFloats() {}

  private enum Special {
    IEEE,
    ALL_ONES_NAN,
    UNSIGNED_ZERO
  }

  /** All 256 values of an 8-bit float type. */
  static float[] table(DType dtype) {
    return switch (dtype) {
      case F8_E4M3 -> E4M3;
      case F8_E5M2 -> E5M2;
      case F8_E4M3FNUZ -> E4M3FNUZ;
      case F8_E5M2FNUZ -> E5M2FNUZ;
      case F8_E8M0 -> E8M0;
      default -> throw new IllegalArgumentException(dtype + " is not an 8-bit float type");
    };
  }

  private static float[] table(int exponentBits, int bias, Special special) {
    int mantissaBits = 7 - exponentBits;
    int top = (1 << exponentBits) - 1;
    float[] values = new float[256];
    for (int i = 0; i < 256; i++) {
      int exponent = i >> mantissaBits & top;
      int mantissa = i & (1 << mantissaBits) - 1;
      float magnitude =
          exponent == 0
              ? Math.scalb((float) mantissa, 1 - bias - mantissaBits)
              : Math.scalb((float) (mantissa | 1 << mantissaBits), exponent - bias - mantissaBits);
      switch (special) {
        case IEEE -> {
          if (exponent == top) {
            magnitude = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          }
        }
        case ALL_ONES_NAN -> {
          if ((i & 0x7f) == 0x7f) {
            magnitude = Float.NaN;
          }
        }
        case UNSIGNED_ZERO -> {
          if (i == 0x80) {
            magnitude = Float.NaN;
          }
        }
      }
      values[i] = i < 0x80 ? magnitude : -magnitude;
    }
    return values;
  }

  private static float[] powersOfTwo() {
    float[] values = new float[256];
    for (int i = 0; i < 255; i++) {
      values[i] = Math.scalb(1f, i - 127);
    }
    values[255] = Float.NaN;
    return values;
  }
}
