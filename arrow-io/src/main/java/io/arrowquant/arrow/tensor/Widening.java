package io.arrowquant.arrow.tensor;

import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.safetensors.DType;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Elements as float32. F16, BF16 and the F8 formats are exact, NaN payloads included: the work is
 * done on bits, since arithmetic on a signalling NaN would quieten it. The 8-bit formats are those
 * of the OCP specification (E4M3, E5M2, E8M0) and their FNUZ variants with one NaN at 0x80.
 */
public final class Widening {

  private static final int INFINITY = 0x7f800000;
  private static final int QUIET_NAN = 0x7fc00000;

  private static final int[] E4M3 = table(b -> small(b, 3, 7, b & 0x7f, 0x7f));
  private static final int[] E5M2 = table(Widening::e5m2);
  private static final int[] E4M3FNUZ = table(b -> small(b, 3, 8, b, 0x80));
  private static final int[] E5M2FNUZ = table(b -> small(b, 2, 16, b, 0x80));
  private static final int[] E8M0 = table(Widening::e8m0);

  private Widening() {}

  /** Whether {@link #widen} takes the dtype: all but C64 and those smaller than a byte. */
  public static boolean supports(DType dtype) {
    return dtype.kind() != DType.Kind.COMPLEX && !dtype.subByte();
  }

  /** The float32 bits of a half-precision number's bits. */
  public static int float16(short bits) {
    int sign = (bits & 0x8000) << 16;
    int magnitude = bits & 0x7fff;
    if (magnitude >= 0x7c00) {
      return sign | INFINITY | (magnitude & 0x3ff) << 13;
    }
    if (magnitude >= 0x400) {
      return sign | ((magnitude << 13) + ((127 - 15) << 23));
    }
    return sign | Float.floatToRawIntBits(magnitude * 0x1p-24f);
  }

  /** The float32 bits of a bfloat16 number's bits. */
  public static int bfloat16(short bits) {
    return bits << 16;
  }

  /** The float32 bits of each of an F8 dtype's 256 bytes, in an array of the caller's own. */
  public static int[] float8(DType dtype) {
    return float8Table(dtype).clone();
  }

  /**
   * Widens elements from the start of a buffer of little-endian elements. Integers beyond 2^24 and
   * F64 are rounded to the nearest float32; BOOL gives 0 and 1.
   *
   * @param source {@code count} elements, at any alignment
   * @param target receives float32
   * @param index element of the target that the first one goes to
   * @throws UnsupportedDTypeException if {@link #supports} says no
   */
  public static void widen(DType dtype, ArrowBuf source, ArrowBuf target, long index, int count) {
    source.checkBytes(0, (long) count * dtype.bits() / 8);
    target.checkBytes(index * 4, (index + count) * 4);
    long from = source.memoryAddress();
    long to = target.memoryAddress() + index * 4;
    switch (dtype) {
      case F32 -> MemoryUtil.copyMemory(from, to, count * 4L);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          MemoryUtil.putInt(to + i * 4L, float16(MemoryUtil.getShort(from + i * 2L)));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          MemoryUtil.putInt(to + i * 4L, bfloat16(MemoryUtil.getShort(from + i * 2L)));
        }
      }
      case F8_E4M3, F8_E5M2, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ -> {
        int[] table = float8Table(dtype);
        for (int i = 0; i < count; i++) {
          MemoryUtil.putInt(to + i * 4L, table[MemoryUtil.getByte(from + i) & 0xff]);
        }
      }
      case BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F64 -> {
        for (int i = 0; i < count; i++) {
          MemoryUtil.putInt(to + i * 4L, Float.floatToRawIntBits(number(dtype, from, i)));
        }
      }
      case F4, F6_E2M3, F6_E3M2, C64 ->
          throw new UnsupportedDTypeException("dtype " + dtype + " cannot be widened to float32");
    }
  }

  private static float number(DType dtype, long from, long i) {
    return switch (dtype) {
      case BOOL -> MemoryUtil.getByte(from + i) == 0 ? 0 : 1;
      case U8 -> MemoryUtil.getByte(from + i) & 0xff;
      case I8 -> MemoryUtil.getByte(from + i);
      case U16 -> MemoryUtil.getShort(from + i * 2) & 0xffff;
      case I16 -> MemoryUtil.getShort(from + i * 2);
      case U32 -> MemoryUtil.getInt(from + i * 4) & 0xffffffffL;
      case I32 -> MemoryUtil.getInt(from + i * 4);
      case U64 -> unsigned(MemoryUtil.getLong(from + i * 8));
      case I64 -> MemoryUtil.getLong(from + i * 8);
      case F64 -> (float) Double.longBitsToDouble(MemoryUtil.getLong(from + i * 8));
      default -> throw new IllegalArgumentException("no plain number: " + dtype);
    };
  }

  /** Halved with its last bit kept, so that the one rounding still knows on which side it lies. */
  private static float unsigned(long value) {
    return value >= 0 ? value : 2f * (float) (value >>> 1 | value & 1);
  }

  private static int[] float8Table(DType dtype) {
    return switch (dtype) {
      case F8_E4M3 -> E4M3;
      case F8_E5M2 -> E5M2;
      case F8_E8M0 -> E8M0;
      case F8_E4M3FNUZ -> E4M3FNUZ;
      case F8_E5M2FNUZ -> E5M2FNUZ;
      default -> throw new UnsupportedDTypeException("dtype " + dtype + " is no 8-bit float");
    };
  }

  private static int[] table(IntUnaryOperator widened) {
    return IntStream.range(0, 256).map(widened).toArray();
  }

  /** A format without infinities whose only NaN is where {@code key} equals {@code nan}. */
  private static int small(int bits, int mantissaBits, int bias, int key, int nan) {
    int sign = (bits & 0x80) << 24;
    if (key == nan) {
      return sign | QUIET_NAN;
    }
    int exponent = (bits & 0x7f) >> mantissaBits;
    int mantissa = bits & ((1 << mantissaBits) - 1);
    float magnitude =
        exponent == 0
            ? Math.scalb((float) mantissa, 1 - bias - mantissaBits)
            : Math.scalb((float) (mantissa | 1 << mantissaBits), exponent - bias - mantissaBits);
    return sign | Float.floatToRawIntBits(magnitude);
  }

  /** A half without its lower mantissa byte: infinities and NaN payloads as in IEEE 754. */
  private static int e5m2(int bits) {
    return float16((short) (bits << 8));
  }

  /** 2^(bits - 127); 255 is NaN. */
  private static int e8m0(int bits) {
    return bits == 255 ? QUIET_NAN : bits == 0 ? 1 << 22 : bits << 23;
  }
}
