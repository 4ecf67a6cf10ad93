package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;

/**
 * Values of the 16- and 8-bit float formats: IEEE binary16, and the OCP 8-bit formats with their
 * FNUZ variants (one NaN at 0x80, no negative zero, no infinities, bias one greater).
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

  /**
   * binary16 by moving its bits to float32's places. A subnormal is made the mantissa of 2^-14,
   * which is then taken away: arithmetic on subnormals of float32 takes a hundred cycles.
   * Infinities and NaNs get the exponent that moving does not give.
   */
  static float half(short h) {
    int magnitude = h & 0x7fff;
    int normal = (magnitude << 13) + (112 << 23);
    float subnormal = Float.intBitsToFloat((magnitude << 13) + (113 << 23)) - 0x1p-14f;
    int bits = magnitude < 0x400 ? Float.floatToRawIntBits(subnormal) : normal;
    int special = -((magnitude + 0x400) >>> 15) & 0x7f800000;
    return Float.intBitsToFloat(bits | special | (h & 0x8000) << 16);
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
