package io.arrowquant.quantize.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CodebookTest {

  private final Codebook codebook = new Codebook();

  @Test
  void fewValuesAreTheirOwnLevels() {
    float[] values = {3, -1, 3, Float.NaN, 0.5f};
    assertTrue(codebook.fitExactly(values, 5));
    assertArrayEquals(new float[] {3, -1, 3, -1, 0.5f}, values);
    assertArrayEquals(new byte[] {2, 0, 2, 0, 1}, codebook.indices());
    assertEquals(3, codebook.size());
  }

  @Test
  void the257thValueIsTooMuch() {
    float[] values = new float[1000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 256;
    }
    assertTrue(codebook.fitExactly(values, 1000));
    values[999] = 256;
    float[] before = values.clone();
    assertFalse(codebook.fitExactly(values, 1000));
    assertArrayEquals(before, values);
  }

  @Test
  void fourDecadesLoseLittle() {
    SplittableRandom random = new SplittableRandom(3);
    float[] values = new float[200 * 64];
    for (int tensor = 0; tensor < 200; tensor++) {
      double magnitude = StrictMath.pow(10, -4 + 4.0 * tensor / 199);
      for (int g = 0; g < 64; g++) {
        values[tensor * 64 + g] = (float) (magnitude * (0.8 + 0.4 * random.nextDouble()));
      }
    }
    float[] wanted = values.clone();
    double estimate = codebook.fitUpwards(values, values.length);
    double excess = 0;
    for (int i = 0; i < values.length; i++) {
      double ratio = values[i] / (double) wanted[i];
      assertTrue(ratio >= 1);
      assertEquals(values[i], codebook.levels()[codebook.indices()[i] & 0xff]);
      excess += ratio * ratio - 1;
    }
    excess /= values.length;
    assertTrue(10 * Math.log10(1 + excess) <= 0.2, () -> "dB " + 10 * Math.log10(1 + estimate));
    assertEquals(excess, estimate, 0.1 * excess);
    assertAscending();
  }

  @Test
  void likeScalesLoseNextToNothing() {
    float[] values = new Gaussian(4).values(32768, 0.1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.004 * StrictMath.exp(values[i]));
    }
    assertTrue(10 * Math.log10(1 + codebook.fitUpwards(values, values.length)) < 0.02);
    assertAscending();
  }

  @Test
  void evenLevelsHoldTheIntegersAndAreNear() {
    SplittableRandom random = new SplittableRandom(9);
    float[] values = new float[5000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 3 == 0 ? random.nextInt(-8, 8) : (float) (random.nextDouble() * 15 - 8);
    }
    float[] wanted = values.clone();
    codebook.fitEvenly(values, values.length);
    for (int i = 0; i < values.length; i++) {
      assertEquals(wanted[i], values[i], i % 3 == 0 ? 0 : 1 / 32f);
    }
    assertAscending();
  }

  private void assertAscending() {
    float[] levels = Arrays.copyOf(codebook.levels(), codebook.size());
    for (int i = 1; i < levels.length; i++) {
      assertTrue(levels[i - 1] < levels[i]);
    }
  }
}
