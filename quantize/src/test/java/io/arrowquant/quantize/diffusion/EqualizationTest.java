package io.arrowquant.quantize.diffusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class EqualizationTest {

  @Test
  void exponentZeroChangesNothing() {
    for (float scale : Equalization.scales(new float[] {0.001f, 1, 37, 1e6f}, 0)) {
      assertEquals(1f, scale);
    }
  }

  @Test
  void exponentOneMakesErrorsCountAlike() {
    float[] importance = {0.01f, 1, 4, 250};
    float[] scales = Equalization.scales(importance, 1);
    float[] scaled = Equalization.scaledImportance(importance, scales);
    for (float value : scaled) {
      assertEquals(scaled[0], value, 0.002 * scaled[0]);
    }
  }

  @Test
  void scalesAreFloat16AndNeverZeroNorInfinite() {
    float[] importance = {Float.MIN_NORMAL, 1, 1e30f};
    for (int trial = 0; trial < Equalization.TRIALS; trial++) {
      for (float scale : Equalization.scales(importance, Equalization.alpha(trial))) {
        assertTrue(scale >= 0x1p-14f && scale <= 65504, () -> "scale " + scale);
        assertEquals(0, Float.floatToRawIntBits(scale) & 0x1fff, "more than 10 bits of fraction");
      }
    }
    assertEquals(1f, Equalization.toFloat16(1 + 0x1p-11), "ties go to even");
    assertEquals(1 + 0x1p-9f, Equalization.toFloat16(1 + 3 * 0x1p-11));
  }
}
