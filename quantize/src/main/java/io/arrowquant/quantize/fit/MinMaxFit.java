package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.GroupRange;
import io.arrowquant.quantize.kernel.Widen;
import io.arrowquant.quantize.measure.ErrorSums;

/**
 * The preset {@code fast}: the range of each group, zero included, divided evenly into codes.
 * Scales and zero points are snapped to codebooks unless that costs too much.
 */
final class MinMaxFit implements GroupFit {

  /** Power of the error in dB that codebooks may cost at 128 weights a group. */
  static final double MAX_LOSS_DB = 0.05;

  private final Widen widen;
  private final GroupRange range;
  private final GroupBlocks blocks = new GroupBlocks();
  private final float[] weights = new float[Widen.STAGE];
  private final Codebook scaleBook = new Codebook();
  private final Codebook zeroPointBook = new Codebook();
  private float[] lo = new float[0];
  private float[] hi = new float[0];
  private float[] plainScales = new float[0];

  MinMaxFit(Widen widen) {
    this.widen = widen;
    this.range = new GroupRange(widen);
  }

  @Override
  public boolean fit(Slice slice, int bits, GroupParameters target) {
    int groups = Math.toIntExact(slice.layout().groups());
    reserve(groups);
    target.reset(groups);
    if (!ranges(slice)) {
      return false;
    }
    float[] scales = target.scales();
    float[] zeroPoints = target.zeroPoints();
    int codes = 1 << bits;
    for (int g = 0; g < groups; g++) {
      scales[g] = scale(lo[g], hi[g], codes);
    }
    System.arraycopy(scales, 0, plainScales, 0, groups);
    double loss = scaleBook.fitExactly(scales, groups) ? 0 : scaleBook.fitUpwards(scales, groups);
    zeroPoints(scales, zeroPoints, groups, codes);
    if (!zeroPointBook.fitExactly(zeroPoints, groups)) {
      // Of a group's weights the two at its ends, else exact, miss by the snap; the others do not
      // notice. A uniform error has the power 1/12.
      loss += zeroPointBook.fitEvenly(zeroPoints, groups) * 24 * groups / slice.layout().values();
    }
    if (10 * StrictMath.log10(1 + loss)
        <= MAX_LOSS_DB * Math.max(1, 128 * groups / (double) slice.layout().values())) {
      target.useCodebooks(scaleBook, zeroPointBook);
    } else {
      for (int g = 0; g < groups; g++) {
        scales[g] = Float.isNaN(plainScales[g]) ? 1 : plainScales[g];
      }
      zeroPoints(scales, zeroPoints, groups, codes);
    }
    return true;
  }

  private boolean ranges(Slice slice) {
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

  /**
   * The least scale whose codes cover the range; NaN where all weights are zero and any scale will
   * do. A group of one value is exact.
   */
  private static float scale(float lo, float hi, int codes) {
    if (lo == hi) {
      return lo == 0 ? Float.NaN : scaleOfOne(Math.abs(lo), codes);
    }
    double range = Math.max(hi, 0.0) - Math.min(lo, 0.0);
    // A hair less where rounding could take the ends of the range to infinity.
    return Math.max(
        (float) (range / (codes - 1) * (range < 0x1p127 ? 1 : 1 - 0x1p-20)), Float.MIN_VALUE);
  }

  /** A power of two's fraction of the value, or the value itself if that is not exact. */
  private static float scaleOfOne(float magnitude, int codes) {
    float half = 0.5f * codes;
    float scale = magnitude / half;
    return scale * half == magnitude ? scale : magnitude;
  }

  private void zeroPoints(float[] scales, float[] zeroPoints, int groups, int codes) {
    for (int g = 0; g < groups; g++) {
      zeroPoints[g] = zeroPoint(lo[g], hi[g], scales[g], codes);
    }
  }

  /** Where the range's middle meets that of the codes; an end at zero is kept exactly. */
  private static float zeroPoint(float lo, float hi, float scale, int codes) {
    int half = codes / 2;
    if (lo >= 0) {
      return hi == 0 || lo == hi && hi < 0 ? 0 : -half;
    }
    if (hi <= 0) {
      return lo == hi ? 0 : half - 1;
    }
    double middle = ((double) lo + hi) / 2 / scale;
    return (float) Math.max(-half, Math.min(half - 1, -0.5 - middle));
  }

  private void reserve(int groups) {
    if (lo.length < groups) {
      lo = new float[groups];
      hi = new float[groups];
      plainScales = new float[groups];
    }
  }
}
