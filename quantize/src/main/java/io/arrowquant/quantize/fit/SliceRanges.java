package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.GroupRange;
import io.arrowquant.quantize.kernel.Widen;
import io.arrowquant.quantize.measure.ErrorSums;

/** Least and greatest weight of each group of a slice. Reused for every slice. */
final class SliceRanges {

  private final Widen widen;
  private final GroupRange range;
  private final GroupBlocks blocks = new GroupBlocks();
  private final float[] weights = new float[Widen.STAGE];
  private float[] lo = new float[0];
  private float[] hi = new float[0];

  SliceRanges(Widen widen) {
    this.widen = widen;
    this.range = new GroupRange(widen);
  }

  /** Least weight of each group in row order; the array may be longer. */
  float[] lo() {
    return lo;
  }

  /** Greatest weight of each. */
  float[] hi() {
    return hi;
  }

  /**
   * Measures all groups, and adds the range of each run, and its NaNs and infinities, to its sums.
   *
   * @return false if a weight is not finite
   */
  boolean measure(Slice slice) {
    reserve(Math.toIntExact(slice.layout().groups()));
    boolean finite = true;
    int group = 0;
    for (int r = 0; r < slice.layout().runs().size(); r++) {
      SourceRows rows = slice.sources().get(r);
      ErrorSums sums = slice.sums().get(r);
      blocks.open(slice.layout().runs().get(r));
      while (blocks.next()) {
        long address = rows.address(blocks.firstWeight());
        range.ranges(rows.dtype(), address, blocks.sizes(), blocks.groups(), lo, hi, group);
        boolean blockFinite = true;
        for (int end = group + blocks.groups(); group < end; group++) {
          if (Float.isFinite(lo[group]) && Float.isFinite(hi[group])) {
            sums.addRange(lo[group], hi[group]);
          } else {
            blockFinite = false;
          }
        }
        if (!blockFinite) {
          widen.toFloat(rows.dtype(), address, blocks.weights(), weights);
          countNonFinite(weights, blocks.weights(), sums);
          finite = false;
        }
      }
    }
    return finite;
  }

  private static void countNonFinite(float[] weights, int n, ErrorSums sums) {
    int nan = 0;
    int inf = 0;
    for (int i = 0; i < n; i++) {
      nan += Float.isNaN(weights[i]) ? 1 : 0;
      inf += Float.isInfinite(weights[i]) ? 1 : 0;
    }
    sums.addNonFinite(nan, inf);
  }

  private void reserve(int groups) {
    if (lo.length < groups) {
      lo = new float[groups];
      hi = new float[groups];
    }
  }
}
