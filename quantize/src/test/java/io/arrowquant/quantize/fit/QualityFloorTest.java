package io.arrowquant.quantize.fit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.quantize.measure.Quality;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QualityFloorTest {

  private static final float[] WEIGHTS = new Gaussian(20).values(512 * 2048, 0.02);

  @ParameterizedTest
  @CsvSource({"8, 44.5", "6, 32.2", "5, 26.1", "4, 19.9", "3, 13.2", "2, 5.9"})
  void gaussianAtGroupsOf128(int bits, double floor) {
    Quality quality = Harness.quantize(new Harness.Run(512, 2048, 128, WEIGHTS), bits).quality();
    assertTrue(quality.sqnrDb() >= floor, () -> bits + " bits: " + quality);
    assertTrue(
        quality.worstGroupSqnrDb() >= floor - 5 && quality.worstGroupSqnrDb() < floor,
        () -> bits + " bits: " + quality);
  }

  @Test
  void cosineOfEightBits() {
    Quality quality = Harness.quantize(new Harness.Run(512, 2048, 128, WEIGHTS), 8).quality();
    assertTrue(quality.cosineSimilarity() >= 0.9999, quality::toString);
  }
}
