package io.arrowquant.cli.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NormalTableTest {

  private final NormalTable table = new NormalTable();

  @Test
  void hasMeanZeroDeviationOneAndHeavyTails() {
    float[] values = new float[1_000_000];
    table.fill(42, values, values.length);
    double mean = 0;
    double square = 0;
    double fourth = 0;
    for (float value : values) {
      mean += value;
      square += (double) value * value;
      fourth += Math.pow(value, 4);
    }
    double variance = square / values.length;
    assertEquals(0, mean / values.length, 0.005);
    assertEquals(1, variance, 0.01);
    double kurtosis = fourth / values.length / (variance * variance);
    assertTrue(kurtosis > 3.3 && kurtosis < 6, "kurtosis " + kurtosis);
  }

  @Test
  void fillsAnyLengthWithTheSameStream() {
    float[] seven = new float[8];
    float[] eight = new float[8];
    table.fill(5, seven, 7);
    table.fill(5, eight, 8);
    assertArrayEquals(Arrays.copyOf(eight, 7), Arrays.copyOf(seven, 7));
    assertEquals(0, seven[7]);
  }
}
