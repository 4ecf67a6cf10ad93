package io.arrowquant.quantize.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.arrowquant.arrow.tensor.Float32Bits;
import io.arrowquant.core.safetensors.DType;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.util.Float16;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WidenTest {

  @ParameterizedTest
  @CsvSource({
    // sign 0, exponent 15 - 7, mantissa 6 / 8
    "F8_E4M3, 0x7e, 448",
    "F8_E4M3, 0x7f, NaN",
    "F8_E4M3, 0xff, NaN",
    "F8_E4M3, 0x01, 0.001953125",
    "F8_E4M3, 0xb8, -1",
    "F8_E4M3, 0x08, 0.015625",
    "F8_E5M2, 0x7b, 57344",
    "F8_E5M2, 0x7c, Infinity",
    "F8_E5M2, 0xfc, -Infinity",
    "F8_E5M2, 0x7d, NaN",
    "F8_E5M2, 0x01, 0.0000152587890625",
    "F8_E5M2, 0x3c, 1",
    "F8_E4M3FNUZ, 0x7f, 240",
    "F8_E4M3FNUZ, 0x80, NaN",
    "F8_E4M3FNUZ, 0x40, 1",
    "F8_E4M3FNUZ, 0x01, 0.0009765625",
    "F8_E5M2FNUZ, 0x7f, 57344",
    "F8_E5M2FNUZ, 0x80, NaN",
    "F8_E5M2FNUZ, 0x40, 1",
    "F8_E8M0, 0x7f, 1",
    "F8_E8M0, 0x80, 2",
    "F8_E8M0, 0xff, NaN",
    "F8_E8M0, 0x00, 5.877472E-39",
    "BF16, 0x3f80, 1",
    "BF16, 0xff80, -Infinity",
    "BF16, 0x0001, 9.18355E-41"
  })
  void knownValues(DType dtype, String bits, float expected) {
    assertEquals(expected, widen(dtype, Long.decode(bits)));
  }

  /** Each dtype that can be quantized, those to come too, is widened as the format has it. */
  @Test
  void everyPatternOfUpTo16Bits() {
    float[] values = new float[Widen.STAGE];
    Widen widen = new Widen();
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf source = allocator.buffer(2L * Widen.STAGE)) {
      for (DType dtype : DType.values()) {
        int bytes = dtype.bits() / 8;
        int patterns = Widen.supports(dtype) && bytes <= 2 ? 1 << dtype.bits() : 0;
        for (int from = 0; from < patterns; from += Widen.STAGE) {
          int n = Math.min(Widen.STAGE, patterns - from);
          for (int i = 0; i < n; i++) {
            // The upper byte of what belongs to the next element is overwritten by that.
            source.setShort((long) bytes * i, from + i);
          }
          widen.toFloat(dtype, source.memoryAddress(), n, values);
          for (int i = 0; i < n; i++) {
            float expected = Float.intBitsToFloat(Float32Bits.widen(dtype, from + i));
            assertEquals(expected, values[i], dtype + " " + Integer.toHexString(from + i));
          }
        }
      }
    }
  }

  @Test
  void everyHalf() {
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf source = allocator.buffer(2 << 16)) {
      for (int bits = 0; bits < 1 << 16; bits++) {
        source.setShort(2L * bits, bits);
      }
      Widen widen = new Widen();
      float[] values = new float[Widen.STAGE];
      int[] asBits = new int[Widen.STAGE];
      for (int from = 0; from < 1 << 16; from += Widen.STAGE) {
        long address = source.memoryAddress() + 2L * from;
        widen.toFloat(DType.F16, address, Widen.STAGE, values);
        widen.toBits(DType.F16, address, Widen.STAGE, asBits);
        for (int i = 0; i < Widen.STAGE; i++) {
          float expected = Float16.toFloat((short) (from + i));
          String message = Integer.toHexString(from + i);
          assertEquals(expected, values[i], message);
          assertEquals(expected, Float.intBitsToFloat(asBits[i]), message);
        }
      }
    }
  }

  @Test
  void float64RoundsToNearest() {
    assertEquals(0.1f, widen(DType.F64, Double.doubleToRawLongBits(0.1)));
    assertEquals(Float.POSITIVE_INFINITY, widen(DType.F64, Double.doubleToRawLongBits(1e300)));
  }

  @Test
  void integersAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> widen(DType.I8, 0));
    for (DType dtype : DType.values()) {
      assertEquals(dtype.kind() == DType.Kind.FLOAT && dtype.bits() >= 8, Widen.supports(dtype));
    }
  }

  private static float widen(DType dtype, long bits) {
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf source = allocator.buffer(16)) {
      source.setLong(3, bits);
      float[] target = new float[1];
      new Widen().toFloat(dtype, source.memoryAddress() + 3, 1, target);
      return target[0];
    }
  }
}
