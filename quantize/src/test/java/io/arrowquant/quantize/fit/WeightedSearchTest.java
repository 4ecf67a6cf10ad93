package io.arrowquant.quantize.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The search of best where columns differ in importance. */
class WeightedSearchTest {

  private static final int ROWS = 128;
  private static final int COLUMNS = 1024;

  @Provide
  Arbitrary<Integer> widths() {
    return Arbitraries.of(CodeLimits.BIT_WIDTHS);
  }

  @Property(tries = 60)
  void equalImportanceGivesTheCodesWithoutAny(
      @ForAll("widths") int bits,
      @ForAll @IntRange(min = 1, max = 3) int runCount,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Gaussian gaussian = new Gaussian(seed);
    List<Harness.Run> plain = new ArrayList<>();
    List<Harness.Run> weighted = new ArrayList<>();
    for (int r = 0; r < runCount; r++) {
      int rows = random.nextInt(1, 30);
      int columns = random.nextInt(1, random.nextBoolean() ? 40 : 2000);
      int groupSize = random.nextInt(1, random.nextBoolean() ? 40 : 300);
      float[] weights = gaussian.values(rows * columns, StrictMath.pow(10, random.nextInt(-6, 3)));
      float[] importance = new float[columns];
      Arrays.fill(importance, (float) StrictMath.pow(10, random.nextInt(-30, 30)) * 1.1f);
      plain.add(new Harness.Run(rows, columns, groupSize, weights));
      weighted.add(
          new Harness.Run(
              rows,
              columns,
              groupSize,
              weights,
              random.nextInt(4) == 0 ? null : ColumnImportance.of(importance)));
    }
    float[] expected = reconstruct(plain, bits);
    assertArrayEquals(expected, reconstruct(weighted, bits));
  }

  private static float[] reconstruct(List<Harness.Run> runs, int bits) {
    float[][] copy = new float[1][];
    Harness.quantize(
        runs,
        bits,
        Method.BEST,
        outcome ->
            copy[0] =
                Harness.reconstruct(
                    assertInstanceOf(SliceOutcome.Quantized.class, outcome).batch()));
    return copy[0];
  }

  /** A channel of a hundred is massive: its mean square is {@code massive} times larger. */
  @ParameterizedTest
  @CsvSource({
    "2, 16, 1, 0.1",
    "3, 16, 1, 0.1",
    "4, 16, 1, 0.1",
    "5, 32, 1, 0.1",
    "6, 32, 1, 0.1",
    "8, 32, 1, 0.05",
    "2, 16, 400, 6",
    "3, 16, 400, 5",
    "4, 16, 400, 4",
    "5, 32, 400, 6",
    "6, 32, 400, 6",
    "8, 32, 400, 5",
    "2, 16, 1e6, 12",
    "4, 16, 1e6, 6",
  })
  void errorsThatCountAreLess(int bits, int groupSize, double massive, double gain) {
    float[] weights = new Gaussian(1).values(ROWS * COLUMNS, 0.02);
    SplittableRandom random = new SplittableRandom(2);
    float[] importance = new float[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
      importance[c] =
          (float)
              (StrictMath.exp(random.nextDouble(-1, 1)) * (random.nextInt(100) == 0 ? massive : 1));
    }
    Harness.Run plain = new Harness.Run(ROWS, COLUMNS, groupSize, weights);
    Harness.Run weighted =
        new Harness.Run(ROWS, COLUMNS, groupSize, weights, ColumnImportance.of(importance));
    double before = sqnr(weights, reconstruct(List.of(plain), bits), importance);
    double after = sqnr(weights, reconstruct(List.of(weighted), bits), importance);
    assertTrue(after >= before + gain, () -> after + " instead of " + before + " dB");
  }

  private static double sqnr(float[] source, float[] copy, float[] importance) {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < source.length; i++) {
      double v = importance[i % importance.length];
      double e = (double) source[i] - copy[i];
      signal += v * source[i] * source[i];
      noise += v * e * e;
    }
    return 10 * Math.log10(signal / noise);
  }

  @Test
  void importanceMustBeFiniteAndFitTheColumns() {
    for (float bad : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThrows(
          IllegalArgumentException.class, () -> ColumnImportance.of(new float[] {1, bad, 1}));
    }
    Harness.Run run = new Harness.Run(1, 32, 16, new float[32], ColumnImportance.of(new float[31]));
    assertThrows(
        IllegalArgumentException.class,
        () -> Harness.quantize(List.of(run), 4, Method.BEST, outcome -> {}));
  }

  @Test
  void columnsThatAreNeverUsedStillCountALittle() {
    float[] weights = new Gaussian(3).values(32 * 64, 0.02);
    float[] importance = new float[64];
    importance[7] = 1;
    float[] copy =
        reconstruct(
            List.of(new Harness.Run(32, 64, 16, weights, ColumnImportance.of(importance))), 4);
    assertTrue(Harness.sqnr(weights, copy) > 15);
    assertTrue(sqnr(weights, copy, importance) > 35);
  }
}
