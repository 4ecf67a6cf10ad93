package io.arrowquant.arrow.tensor;

import io.arrowquant.core.safetensors.DType;
import java.util.Arrays;

/**
 * Exact conversion between the bit patterns of small floating-point types and those of float32, NaN
 * payloads included. Works on ints, because a float register may quiet a signalling NaN.
 */
public final class Float32Bits {

  private static final int INFINITY = 0x7f800000;
  private static final int QUIET_NAN = 0x7fc00000;

  private Float32Bits() {}

  /**
   * The float32 bits of one element.
   *
   * @param dtype F32, F16, BF16 or an F8 type
   * @param pattern the element's bits, zero-extended
   * @throws IllegalArgumentException for any other dtype
   */
  public static int widen(DType dtype, int pattern) {
    return switch (dtype) {
      case F32 -> pattern;
      case BF16 -> pattern << 16;
      case F16 -> half(pattern);
      case F8_E5M2 -> half(pattern << 8);
      case F8_E4M3 ->
          (pattern & 0x7f) == 0x7f ? (pattern & 0x80) << 24 | QUIET_NAN : small(pattern, 3, 7);
      case F8_E4M3FNUZ -> pattern == 0x80 ? QUIET_NAN : small(pattern, 3, 8);
      case F8_E5M2FNUZ -> pattern == 0x80 ? QUIET_NAN : small(pattern, 2, 16);
      case F8_E8M0 -> pattern == 0xff ? QUIET_NAN : pattern == 0 ? 0x00400000 : pattern << 23;
      case BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F64, C64, F4, F6_E2M3, F6_E3M2 ->
          throw new IllegalArgumentException(dtype + " does not widen to float32 exactly");
    };
  }

  /**
   * The element whose {@link #widen} gives these bits.
   *
   * @throws IllegalArgumentException if no element of the dtype has this value
   */
  public static int narrow(DType dtype, int bits) {
    int pattern =
        switch (dtype) {
          case F32 -> bits;
          case BF16 -> bits >>> 16;
          case F16 -> narrowHalf(bits);
          default -> Narrow8.TABLES[dtype.ordinal()].pattern(bits);
        };
    if (pattern < 0 && dtype != DType.F32 || widen(dtype, pattern) != bits) {
      throw new IllegalArgumentException(
          String.format("no %s has the float32 bits 0x%08x", dtype, bits));
    }
    return pattern;
  }

  /**
   * The element nearest to a float, ties to even; beyond the largest finite element that element.
   * Infinities and NaN stay what they are where the dtype has them, and are NaN where it has not.
   *
   * @param dtype F32, F16, BF16 or an F8 type
   */
  public static int round(DType dtype, float value) {
    return switch (dtype) {
      case F32 -> Float.floatToRawIntBits(value);
      case BF16 -> roundBfloat(value);
      case F16 -> roundHalf(value);
      default -> Narrow8.TABLES[dtype.ordinal()].nearest(value);
    };
  }

  private static int roundBfloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (!Float.isFinite(value)) {
      return bits >>> 16 | (Float.isNaN(value) ? 0x40 : 0);
    }
    int rounded = bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
    return (rounded & 0x7fff) == 0x7f80 ? rounded - 1 : rounded;
  }

  private static int roundHalf(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (!Float.isFinite(value)) {
      return sign | (Float.isNaN(value) ? 0x7e00 : 0x7c00);
    }
    if (magnitude >= 65520f) {
      return sign | 0x7bff;
    }
    if (magnitude < 0x1p-14f) { // subnormal: a multiple of 2^-24, which rint rounds to even
      return sign | (int) Math.rint(magnitude * 0x1p24);
    }
    int rebased = (bits & 0x7fffffff) - (127 - 15 << 23);
    return sign | rebased + 0xfff + (rebased >>> 13 & 1) >>> 13;
  }

  private static int half(int h) {
    int sign = (h & 0x8000) << 16;
    int exponent = h >>> 10 & 0x1f;
    int fraction = h & 0x3ff;
    if (exponent == 0x1f) {
      return sign | INFINITY | fraction << 13;
    }
    if (exponent == 0) {
      return sign | Float.floatToRawIntBits(fraction * 0x1p-24f);
    }
    return sign | exponent + 112 << 23 | fraction << 13;
  }

  /** One byte with a sign, an exponent without infinities, and {@code fractionBits} bits. */
  private static int small(int pattern, int fractionBits, int bias) {
    int sign = (pattern & 0x80) << 24;
    int exponent = (pattern & 0x7f) >>> fractionBits;
    int fraction = pattern & (1 << fractionBits) - 1;
    if (exponent == 0) {
      float step = Float.intBitsToFloat(127 + 1 - bias - fractionBits << 23);
      return sign | Float.floatToRawIntBits(fraction * step);
    }
    return sign | exponent - bias + 127 << 23 | fraction << 23 - fractionBits;
  }

  private static int narrowHalf(int bits) {
    int sign = bits >>> 16 & 0x8000;
    int exponent = bits >>> 23 & 0xff;
    int fraction = bits & 0x7fffff;
    if (exponent == 0xff) {
      return sign | 0x7c00 | fraction >>> 13;
    }
    if (exponent > 112) {
      return exponent > 142 ? -1 : sign | exponent - 112 << 10 | fraction >>> 13;
    }
    int shift = 13 + 113 - exponent;
    return shift > 23 ? sign : sign | (fraction | 0x800000) >>> shift;
  }

  /** The 256 values of a one-byte type, sorted for look-up. */
  private static final class Narrow8 {

    static final Narrow8[] TABLES = new Narrow8[DType.values().length];

    static {
      for (DType dtype : DType.values()) {
        if (dtype.widensToFloat32() && dtype.bits() == 8) {
          TABLES[dtype.ordinal()] = new Narrow8(dtype);
        }
      }
    }

    private final long[] bitsAndPattern = new long[256];
    private final DType dtype;

    /** Patterns of finite values without a sign rise with their values; this is the greatest. */
    private final int largest;

    Narrow8(DType dtype) {
      this.dtype = dtype;
      int last = dtype == DType.F8_E8M0 ? 0xff : 0x7f;
      while (!Float.isFinite(value(last))) {
        last--;
      }
      this.largest = last;
      for (int p = 0; p < 256; p++) {
        bitsAndPattern[p] = (long) widen(dtype, p) << 8 | p;
      }
      Arrays.sort(bitsAndPattern);
    }

    private float value(int pattern) {
      return Float.intBitsToFloat(widen(dtype, pattern));
    }

    int nearest(float value) {
      if (!Float.isFinite(value)) {
        int exact = pattern(Float.floatToIntBits(value));
        return exact >= 0 ? exact : pattern(QUIET_NAN);
      }
      int low = 0;
      int high = largest;
      double magnitude = Math.abs((double) value);
      while (low < high) { // the first pattern whose upper neighbour is not nearer
        int middle = low + high >>> 1;
        double boundary = ((double) value(middle) + value(middle + 1)) / 2;
        if (magnitude < boundary || magnitude == boundary && (middle & 1) == 0) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      boolean negative = value < 0 && dtype != DType.F8_E8M0;
      return negative && value(low) > 0 ? low | 0x80 : low;
    }

    int pattern(int bits) {
      int at = Arrays.binarySearch(bitsAndPattern, (long) bits << 8);
      int found = at >= 0 ? at : -at - 1;
      return found < 256 && bitsAndPattern[found] >> 8 == bits
          ? (int) (bitsAndPattern[found] & 0xff)
          : -1;
    }
  }
}
