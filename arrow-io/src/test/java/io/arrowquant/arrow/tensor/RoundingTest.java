package io.arrowquant.arrow.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.safetensors.DType;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.FloatRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rounding to small floats is to the nearest, ties to even. */
class RoundingTest {

  @ParameterizedTest
  @CsvSource({
    "0.0, 0000",
    "-0.0, 8000",
    "1.0, 3c00",
    "-2.0, c000",
    "65504, 7bff",
    "65519.996, 7bff",
    "65520, 7bff", // beyond the largest: the largest
    "1e30, 7bff",
    "-Infinity, fc00",
    "6.103515625e-5, 0400",
    "5.9604644775390625e-8, 0001",
    "2.98023223876953125e-8, 0000", // half of the least: ties to even, zero
    "1.00048828125, 3c00", // halfway above 1: ties to even
    "1.00146484375, 3c02"
  })
  void halfRoundsTiesToEven(float value, String hex) {
    assertEquals(Integer.parseInt(hex, 16), Float32Bits.round(DType.F16, value));
  }

  @Property
  void bfloat16IsTheNearest(@ForAll float value) {
    int bits = Float32Bits.round(DType.BF16, value) << 16;
    double error = Math.abs((double) Float.intBitsToFloat(bits) - value);
    for (int neighbour : new int[] {bits - 0x10000, bits + 0x10000}) {
      double other = Float.intBitsToFloat(neighbour);
      if (Double.isFinite(other)) {
        assertEquals(true, error <= Math.abs(other - value), "for " + value);
      }
    }
  }

  @Property
  void eightBitsAreTheNearest(
      @ForAll @FloatRange(min = -500, max = 500) float value, @ForAll("float8") DType dtype) {
    int rounded = Float32Bits.round(dtype, value);
    double error = Math.abs(value(dtype, rounded) - value);
    for (int pattern = 0; pattern < 256; pattern++) {
      double other = value(dtype, pattern);
      if (Double.isFinite(other)) {
        double distance = Math.abs(other - value);
        assertTrue(error <= distance, value + " is nearer to " + other);
        if (error == distance && pattern != rounded && other != value(dtype, rounded)) {
          assertEquals(0, rounded & 1, "ties go to even: " + value);
        }
      }
    }
  }

  private static double value(DType dtype, int pattern) {
    return Float.intBitsToFloat(Float32Bits.widen(dtype, pattern));
  }

  @Provide
  Arbitrary<DType> float8() {
    return Arbitraries.of(DType.F8_E4M3, DType.F8_E5M2, DType.F8_E4M3FNUZ, DType.F8_E5M2FNUZ);
  }

  @Test
  void everyElementRoundsToItself() {
    for (DType dtype : DType.values()) {
      if (dtype.widensToFloat32() && dtype.bits() < 32) {
        for (int pattern = 0; pattern < 1 << dtype.bits(); pattern++) {
          float value = Float.intBitsToFloat(Float32Bits.widen(dtype, pattern));
          if (!Float.isNaN(value) && value != 0) {
            assertEquals(pattern, Float32Bits.round(dtype, value), dtype + " " + value);
          }
        }
      }
    }
  }
}
