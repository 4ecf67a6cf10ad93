package io.arrowquant.quantize.fit;

/**
 * How scales and zero points are chosen. One instance per thread, which owns its scratch arrays.
 */
sealed interface GroupFit permits MinMaxFit, BestFit, RateFit, TargetFit {

  /**
   * Chooses scale and zero point of every group of the slice, in row order. Codes follow from
   * those; see {@link io.arrowquant.quantize.kernel.Encode}.
   *
   * <p>Counts NaNs and infinities, and the source's range, into the slice's sums.
   *
   * @return false if a weight is not finite; {@code target} is then undefined
   */
  boolean fit(Slice slice, int bits, GroupParameters target);
}
