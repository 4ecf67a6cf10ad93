package io.arrowquant.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatEncoderTest {

  @ParameterizedTest
  @CsvSource({
    "0.0, 0000",
    "-0.0, 8000",
    "1.0, 3c00",
    "-2.0, c000",
    "65504, 7bff",
    "65519.996, 7bff",
    "65520, 7c00",
    "6.103515625e-5, 0400",
    "5.9604644775390625e-8, 0001",
    "2.98023223876953125e-8, 0000", // half of the least: ties to even, zero
    "1.00048828125, 3c00", // halfway above 1: ties to even
    "1.00146484375, 3c02"
  })
  void halfRoundsTiesToEven(float value, String hex) {
    assertEquals(Integer.parseInt(hex, 16), FloatEncoder.half(value) & 0xffff);
  }

  @Property
  void bfloat16IsTheNearest(@ForAll float value) {
    if (Math.abs(value) > 3.38e38f) {
      return; // rounds to infinity
    }
    ByteBuffer out = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
    FloatEncoder.BF16.encode(new float[] {value}, 1, out);
    int bits = out.getShort(0) << 16;
    double error = Math.abs((double) Float.intBitsToFloat(bits) - value);
    for (int neighbour : new int[] {bits - 0x10000, bits + 0x10000}) {
      double other = Float.intBitsToFloat(neighbour);
      if (Double.isFinite(other)) {
        assertEquals(true, error <= Math.abs(other - value), "for " + value);
      }
    }
  }
}
