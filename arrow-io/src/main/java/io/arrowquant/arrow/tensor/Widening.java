package io.arrowquant.arrow.tensor;

import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.safetensors.DType;
import java.util.stream.IntStream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Runs of elements as float32. F16, BF16 and the F8 formats are exact as {@link Float32Bits} has
 * them, NaN payloads included: bits are moved, never floats.
 */
public final class Widening {

  private Widening() {}

  /** Whether {@link #widen} takes the dtype: all but C64 and those smaller than a byte. */
  public static boolean supports(DType dtype) {
    return dtype.kind() != DType.Kind.COMPLEX && !dtype.subByte();
  }

  /** The float32 bits of each of an F8 dtype's 256 bytes, by its bits. */
  public static int[] float8(DType dtype) {
    if (dtype.kind() != DType.Kind.FLOAT || dtype.bits() != 8) {
      throw new IllegalArgumentException("no 8-bit float: " + dtype);
    }
    return IntStream.range(0, 256).map(bits -> Float32Bits.widen(dtype, bits)).toArray();
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
          MemoryUtil.putInt(
              to + i * 4L,
              Float32Bits.widen(DType.F16, MemoryUtil.getShort(from + i * 2L) & 0xffff));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          MemoryUtil.putInt(to + i * 4L, MemoryUtil.getShort(from + i * 2L) << 16);
        }
      }
      case F8_E4M3, F8_E5M2, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ -> {
        int[] table = float8(dtype);
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
          throw new UnsupportedDTypeException("Dtype " + dtype + " cannot be widened to float32.");
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
}
