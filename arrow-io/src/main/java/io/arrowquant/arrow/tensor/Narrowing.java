package io.arrowquant.arrow.tensor;

import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.safetensors.DType;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Runs of float32 as elements of another floating-point dtype: the way back of {@link Widening}.
 */
public final class Narrowing {

  private Narrowing() {}

  /** Whether {@link #narrow} takes the dtype: F64, F32, F16, BF16 and the F8 types. */
  public static boolean supports(DType dtype) {
    return dtype == DType.F64 || dtype.widensToFloat32();
  }

  /** The largest finite value of a dtype, or of float32 for F64, which holds all of those. */
  public static float largest(DType dtype) {
    return dtype == DType.F64
        ? Float.MAX_VALUE
        : Float.intBitsToFloat(Float32Bits.widen(dtype, Float32Bits.round(dtype, Float.MAX_VALUE)));
  }

  /**
   * Rounds to the nearest element, ties to even, as {@link Float32Bits#round} does.
   *
   * @param source {@code count} float32 values from its start
   * @param target takes the little-endian elements from its start
   * @throws UnsupportedDTypeException if {@link #supports} says no
   */
  public static void narrow(DType dtype, ArrowBuf source, ArrowBuf target, int count) {
    if (!supports(dtype)) {
      throw new UnsupportedDTypeException("float32 cannot be narrowed to dtype " + dtype + ".");
    }
    source.checkBytes(0, count * 4L);
    target.checkBytes(0, (long) count * dtype.bits() / 8);
    long from = source.memoryAddress();
    long to = target.memoryAddress();
    if (dtype == DType.F32) {
      MemoryUtil.copyMemory(from, to, count * 4L);
      return;
    }
    for (int i = 0; i < count; i++) {
      float value = Float.intBitsToFloat(MemoryUtil.getInt(from + i * 4L));
      if (dtype == DType.F64) {
        MemoryUtil.putLong(to + i * 8L, Double.doubleToRawLongBits(value));
      } else if (dtype.bits() == 16) {
        MemoryUtil.putShort(to + i * 2L, (short) Float32Bits.round(dtype, value));
      } else {
        MemoryUtil.putByte(to + i, (byte) Float32Bits.round(dtype, value));
      }
    }
  }
}
