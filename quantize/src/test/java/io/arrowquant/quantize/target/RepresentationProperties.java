package io.arrowquant.quantize.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.tensor.Float32Bits;
import io.arrowquant.core.config.Target;
import io.arrowquant.core.safetensors.DType;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;

class RepresentationProperties {

  /** Narrowing throws where the dtype has no such number. */
  @Property
  void scalesAndMinimaAreNumbersOfTheTarget(
      @ForAll Target target,
      @ForAll boolean brain,
      @ForAll @DoubleRange(min = -30, max = 20) double logScale,
      @ForAll @DoubleRange(min = -200, max = 200) double zero) {
    for (int bits : TargetRules.widths(target)) {
      DType source = brain ? DType.BF16 : DType.F32;
      DType dtype = brain && target.format() != Target.Format.GGUF ? DType.BF16 : DType.F16;
      Representation held = Representation.of(target, bits, source);
      double asked = Math.pow(2, logScale);
      float scale = held.scale(asked);
      narrow(dtype, scale);
      assertTrue(scale > 0);
      assertTrue(scale >= asked || scale == held.greatest());
      float zeroPoint = held.zeroPoint(zero, bits);
      int half = 1 << (bits - 1);
      assertEquals(Math.rint(zeroPoint), zeroPoint);
      assertTrue(zeroPoint >= -half && zeroPoint < half);
      if (target == Target.MLX || target == Target.GGUF_Q4_1) {
        float minimum = -(zeroPoint + half) * scale;
        assertEquals(-((double) zeroPoint + half) * scale, minimum);
        narrow(dtype, minimum);
      }
      if (held.isSymmetric()) {
        assertEquals(0, zeroPoint);
      }
    }
  }

  private static void narrow(DType dtype, float value) {
    Float32Bits.narrow(dtype, Float.floatToRawIntBits(value));
  }

  @Property
  void aScaleIsAtMostAStepAboveWhatIsAsked(
      @ForAll @DoubleRange(min = 0.01, max = 100) double asked) {
    float scale = Representation.of(Target.VLLM, 4, DType.F16).scale(asked);
    assertTrue(scale <= asked * (1 + 0x1p-9), asked + " became " + scale);
  }
}
