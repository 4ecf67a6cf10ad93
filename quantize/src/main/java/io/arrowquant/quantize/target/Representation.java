package io.arrowquant.quantize.target;

import io.arrowquant.core.config.Target;
import io.arrowquant.core.safetensors.DType;

/**
 * The scales and zero points that a runtime can hold. Where it stores a minimum in place of a zero
 * point, {@code -(zero point - least code) * scale} must be one of its numbers too: so many bits as
 * the zero point takes are then missing from the scale.
 *
 * @param scaleBits significant bits of a scale
 * @param leastExponent scales are multiples of 2 to this
 * @param greatest scale
 * @param zeroStep zero points are multiples of this, counted from the least code; 0 where there are
 *     none, and every zero point is 0
 */
public record Representation(int scaleBits, int leastExponent, float greatest, int zeroStep) {

  /** What a target holds of a tensor. */
  public static Representation of(Target target, int bits, DType dtype) {
    boolean brain = dtype == DType.BF16 && target.format() != Target.Format.GGUF;
    int significant = brain ? 8 : 11;
    int least = brain ? -133 : -24;
    float greatest = brain ? 0x1p120f : 0x1p15f;
    return switch (target) {
      case VLLM, GGUF -> new Representation(significant, least, greatest, 0);
      case VLLM_ASYMMETRIC -> new Representation(significant, least, greatest, 1);
      case MLX, GGUF_Q4_1 -> {
        // Five bits of a scale or more: coarser scales would cost more than coarser zero points.
        int zeroBits = Math.min(bits, significant - (brain ? 5 : 6));
        yield new Representation(
            significant - zeroBits, least, greatest / (1 << bits), 1 << (bits - zeroBits));
      }
    };
  }

  /** Whether zero points are all 0. */
  public boolean isSymmetric() {
    return zeroStep == 0;
  }

  /** The least scale that can be held and is not below the value; the greatest where all are. */
  public float scale(double value) {
    int exponent = Math.max(Math.getExponent(value) - (scaleBits - 1), leastExponent);
    double unit = Math.scalb(1.0, exponent);
    double scale = Math.max(unit, Math.ceil(value / unit) * unit);
    return (float) Math.min(scale, greatest);
  }

  /** The zero point next to a value, as a signed code. */
  public float zeroPoint(double value, int bits) {
    if (isSymmetric()) {
      return 0;
    }
    int half = 1 << (bits - 1);
    int most = (2 * half - 1) / zeroStep;
    double steps = Math.rint((value + half) / zeroStep);
    return (float) (Math.max(0, Math.min(most, steps)) * zeroStep - half);
  }
}
