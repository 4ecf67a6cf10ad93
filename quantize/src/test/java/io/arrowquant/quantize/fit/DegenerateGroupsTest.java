package io.arrowquant.quantize.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.Method;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class DegenerateGroupsTest {

  @ParameterizedTest
  @CsvSource({
    "0",
    "-0.0",
    "1",
    "-1",
    "0.1",
    "-0.3333333",
    "3e38",
    "-3e38",
    "1.4e-45",
    "1e-40",
    "-1e-40",
    "1.1754944e-38",
    "65504"
  })
  void oneValueComesBackExactly(float value) {
    for (int bits : CodeLimits.BIT_WIDTHS) {
      float[] weights = new float[3 * 100];
      Arrays.fill(weights, value);
      for (Method method : Method.values()) {
        float[] copy = roundTrip(new Harness.Run(3, 100, 64, weights), bits, method);
        for (float w : copy) {
          assertEquals(value == 0 ? 0f : value, w == 0 ? 0f : w, bits + " bits, " + method);
        }
      }
    }
  }

  /** Of many groups, one that would need a level of its own among those of far larger tensors. */
  @ParameterizedTest
  @EnumSource
  void oneGroupIsNotTakenForThoseOfALargerTensor(Method method) {
    float[] small = new Gaussian(4).values(128 * 512, 0.02);
    small[5000] = 50;
    Harness.Run large = new Harness.Run(128, 512, 16, new Gaussian(5).values(128 * 512, 1e37));
    List<ErrorSums> sums =
        Harness.quantize(
            List.of(new Harness.Run(128, 512, 16, small), large), 2, method, outcome -> {});
    sums.forEach(s -> assertTrue(s.quality().sqnrDb() > 5, () -> method + ": " + s.quality()));
  }

  /** What a sample of so many weights is bound to miss. */
  @ParameterizedTest
  @EnumSource
  void oneGroupAmongZerosIsNotLost(Method method) {
    float[] weights = new float[1024 * 1024];
    for (int i = 0; i < 16; i++) {
      weights[777 * 1024 + 512 + i] = (i - 8) * 1e-5f;
    }
    ErrorSums sums = Harness.quantize(new Harness.Run(1024, 1024, 16, weights), 4, method);
    assertTrue(sums.quality().sqnrDb() > 20, () -> method + ": " + sums.quality());
  }

  @ParameterizedTest
  @FieldSource("io.arrowquant.core.config.CodeLimits#BIT_WIDTHS")
  void wholeRangeOfFloat32StaysFinite(int bits) {
    float[] weights = new float[256];
    for (int i = 0; i < 256; i++) {
      weights[i] = Float.MAX_VALUE * (i / 127.5f - 1);
    }
    float[] copy = roundTrip(new Harness.Run(1, 256, 256, weights), bits);
    for (int i = 0; i < 256; i++) {
      double step = 2.0 * Float.MAX_VALUE / ((1 << bits) - 1);
      assertEquals(weights[i], copy[i], 0.51 * step);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8})
  void tinyValuesKeepTheirRelativePrecision(int bits) {
    float[] weights = new Gaussian(5).values(4 * 256, 1e-40);
    float[] copy = roundTrip(new Harness.Run(4, 256, 128, weights), bits);
    assertTrue(Harness.sqnr(weights, copy) > (bits == 8 ? 40 : 17));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void zeroGroupsAmongOthersStayZero(int bits) {
    float[] weights = new Gaussian(7).values(64 * 1024, 0.02);
    Arrays.fill(weights, 4096, 8192, 0);
    for (Method method : Method.values()) {
      for (int groupSize : new int[] {16, 32, 128}) {
        float[] copy = roundTrip(new Harness.Run(64, 1024, groupSize, weights), bits, method);
        assertArrayEquals(new float[4096], Arrays.copyOfRange(copy, 4096, 8192));
      }
    }
  }

  @ParameterizedTest
  @FieldSource("io.arrowquant.core.config.CodeLimits#BIT_WIDTHS")
  void theWholeRangeOfFloat32InOneTensorStaysFinite(int bits) {
    float[] weights = new float[64 * 64];
    SplittableRandom random = new SplittableRandom(9);
    for (int i = 0; i < weights.length; i++) {
      do {
        weights[i] = Float.intBitsToFloat(random.nextInt());
      } while (!Float.isFinite(weights[i]));
    }
    for (float w : roundTrip(new Harness.Run(64, 64, 16, weights), bits, Method.BEST)) {
      assertTrue(Float.isFinite(w));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void tensorsOfDifferentMagnitudeShareASlice(int bits) {
    List<Harness.Run> wide = new ArrayList<>();
    List<Harness.Run> narrow = new ArrayList<>();
    for (float deviation : new float[] {1e-5f, 0.02f, 30f}) {
      float[] weights = new Gaussian(3).values(4096, deviation);
      wide.add(new Harness.Run(16, 256, 64, weights));
      narrow.add(new Harness.Run(16, 256, 16, weights));
    }
    List<ErrorSums> fast = Harness.quantize(wide, bits, Method.FAST, outcome -> {});
    List<ErrorSums> best = Harness.quantize(narrow, bits, Method.BEST, outcome -> {});
    for (int r = 0; r < wide.size(); r++) {
      assertTrue(best.get(r).quality().sqnrDb() > fast.get(r).quality().sqnrDb() + 0.5);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void nonFiniteWeightsAreCountedInTheirRun(float value) {
    float[] clean = new Gaussian(8).values(4096, 1);
    float[] dirty = clean.clone();
    dirty[77] = value;
    dirty[2078] = value;
    List<ErrorSums> sums =
        Harness.quantize(
            List.of(new Harness.Run(8, 512, 64, clean), new Harness.Run(8, 512, 64, dirty)),
            4,
            outcome -> assertInstanceOf(SliceOutcome.NonFinite.class, outcome));
    assertEquals(false, sums.get(0).hasNonFinite());
    assertEquals(Float.isNaN(value) ? 2 : 0, sums.get(1).nanCount());
    assertEquals(Float.isNaN(value) ? 0 : 2, sums.get(1).infCount());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8})
  void zerosAreWithoutError(int bits) {
    Quality quality = Harness.quantize(new Harness.Run(4, 64, 64, new float[256]), bits).quality();
    assertEquals(1, quality.cosineSimilarity());
    assertEquals(Double.POSITIVE_INFINITY, quality.sqnrDb());
    assertEquals(Double.POSITIVE_INFINITY, quality.worstGroupSqnrDb());
    assertEquals(0, quality.sourceStd());
  }

  private static float[] roundTrip(Harness.Run run, int bits) {
    return roundTrip(run, bits, Method.FAST);
  }

  private static float[] roundTrip(Harness.Run run, int bits, Method method) {
    float[][] copy = new float[1][];
    Harness.quantize(
        List.of(run),
        bits,
        method,
        outcome ->
            copy[0] =
                Harness.reconstruct(
                    assertInstanceOf(SliceOutcome.Quantized.class, outcome).batch()));
    return copy[0];
  }
}
