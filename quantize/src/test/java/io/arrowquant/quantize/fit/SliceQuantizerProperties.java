package io.arrowquant.quantize.fit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.Method;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** The quantizer against double loops over the definitions. */
class SliceQuantizerProperties {

  @Provide
  Arbitrary<Integer> widths() {
    return Arbitraries.of(CodeLimits.BIT_WIDTHS);
  }

  @Property(tries = 200)
  void codesAndErrorsFollowFromScalesAndZeroPoints(
      @ForAll Method method,
      @ForAll("widths") int bits,
      @ForAll @IntRange(min = 1, max = 4) int runCount,
      @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Gaussian gaussian = new Gaussian(seed);
    List<Harness.Run> runs = new ArrayList<>();
    for (int r = 0; r < runCount; r++) {
      int rows = random.nextInt(1, 40);
      int columns = random.nextInt(1, random.nextBoolean() ? 40 : 3000);
      int groupSize = random.nextBoolean() ? 16 << random.nextInt(7) : random.nextInt(16, 1025);
      float[] weights = gaussian.values(rows * columns, StrictMath.pow(10, random.nextInt(-6, 3)));
      runs.add(new Harness.Run(rows, columns, groupSize, weights));
    }
    List<ErrorSums> sums =
        Harness.quantize(
            runs,
            bits,
            method,
            outcome -> {
              QuantizedBatch batch =
                  assertInstanceOf(SliceOutcome.Quantized.class, outcome).batch();
              assertNearestCodes(runs, batch);
            });
    assertEquals(runs.size(), sums.size());
  }

  private static void assertNearestCodes(List<Harness.Run> runs, QuantizedBatch batch) {
    int half = 1 << (batch.bits() - 1);
    int[] codes = Harness.codes(batch);
    float[] scales = batch.scaleValues();
    float[] zeroPoints = batch.zeroPointValues();
    int at = 0;
    int group = 0;
    for (Harness.Run run : runs) {
      for (int i = 0; i < run.weights().length; i++, at++) {
        int column = i % run.columns();
        if (at > 0 && column % run.groupSize() == 0) {
          group++;
        }
        float scale = scales[group];
        float zeroPoint = zeroPoints[group];
        float position = run.weights()[i] * (1 / scale) + zeroPoint;
        int expected = (int) Math.max(-half, Math.min(half - 1, Math.rint(position)));
        assertEquals(expected, codes[at], () -> run + " of " + batch.layout());
      }
    }
  }

  @Property(tries = 50)
  void sumsAreTheErrorsOfTheReconstruction(
      @ForAll Method method, @ForAll("widths") int bits, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int rows = random.nextInt(1, 20);
    int columns = random.nextInt(1, 2000);
    int groupSize = random.nextInt(16, 1025);
    float[] weights = new Gaussian(seed).values(rows * columns, 0.02);
    Harness.Run run = new Harness.Run(rows, columns, groupSize, weights);
    double[] expected = new double[4];
    List<ErrorSums> sums =
        Harness.quantize(
            List.of(run),
            bits,
            method,
            outcome -> {
              float[] copy =
                  Harness.reconstruct(
                      assertInstanceOf(SliceOutcome.Quantized.class, outcome).batch());
              double cross = 0;
              double squares = 0;
              double copySquares = 0;
              for (int i = 0; i < weights.length; i++) {
                cross += (double) weights[i] * copy[i];
                squares += (double) weights[i] * weights[i];
                copySquares += (double) copy[i] * copy[i];
                expected[0] = Math.max(expected[0], Math.abs(weights[i] - copy[i]));
              }
              expected[1] = Harness.sqnr(weights, copy);
              expected[2] = cross / Math.sqrt(squares * copySquares);
              expected[3] = worstGroup(run, copy);
            });
    Quality quality = sums.get(0).quality();
    assertEquals(expected[0], quality.maxAbsError());
    if (quality.sqnrDb() < 120) {
      assertEquals(expected[1], quality.sqnrDb(), 1e-4);
      assertEquals(expected[2], quality.cosineSimilarity(), 1e-7);
      assertEquals(expected[3], quality.worstGroupSqnrDb(), 1e-4);
    }
  }

  private static double worstGroup(Harness.Run run, float[] copy) {
    double worst = Double.POSITIVE_INFINITY;
    for (int row = 0; row < run.rows(); row++) {
      for (int from = 0; from < run.columns(); from += run.groupSize()) {
        double signal = 0;
        double noise = 0;
        int end = Math.min(run.columns(), from + run.groupSize());
        for (int i = row * run.columns() + from; i < row * run.columns() + end; i++) {
          double e = (double) run.weights()[i] - copy[i];
          signal += (double) run.weights()[i] * run.weights()[i];
          noise += e * e;
        }
        worst = noise == 0 ? worst : Math.min(worst, 10 * Math.log10(signal / noise));
      }
    }
    return worst;
  }
}
