package io.arrowquant.quantize.kernel;

import io.arrowquant.quantize.measure.ErrorSums;

/**
 * The two loops over the weights of one scale group. All implementations give identical bits: the
 * arithmetic is float32 without fused operations, and sums run in {@link #LANES} lanes (the element
 * {@code i} of the group goes to lane {@code i % 16}) that are folded in order in float64.
 *
 * <p>A code is {@code clamp(roundHalfEven(w * (1 / scale) + zeroPoint))}; the reconstruction is
 * {@code (code - zeroPoint) * scale}.
 */
public interface GroupKernel {

  int LANES = 16;

  /**
   * Least and greatest of {@code weights[from, from + n)} into {@code lo[group]} and {@code
   * hi[group]}, n at least 1. One of the two is not finite if and only if a weight is not finite.
   */
  void range(float[] weights, int from, int n, float[] lo, float[] hi, int group);

  /**
   * Chooses unsigned codes (signed code + 2^(bits-1)) for {@code weights[from, from + n)} into
   * {@code codes[at, at + n)} and adds their errors. Weights are finite; the scale lies in {@link
   * ExtremeGroups#MIN_SCALE} to {@link ExtremeGroups#MAX_SCALE}.
   */
  void encode(
      float[] weights,
      int from,
      int n,
      float scale,
      float zeroPoint,
      int bits,
      int[] codes,
      int at,
      ErrorSums sums);
}
