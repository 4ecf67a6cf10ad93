package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.kernel.GroupKernel;
import io.arrowquant.quantize.measure.ErrorSums;

/**
 * The preset {@code fast}: the range of each group, zero included, divided evenly into codes.
 * Scales and zero points are snapped to codebooks unless that costs too much.
 */
final class MinMaxFit implements GroupFit {

  /** Power of the error in dB that codebooks may cost at 128 weights a group. */
  static final double MAX_LOSS_DB = 0.05;

  private final GroupKernel kernel;
  private final Codebook scaleBook = new Codebook();
  private final Codebook zeroPointBook = new Codebook();
  private float[] lo = new float[0];
  private float[] hi = new float[0];
  private float[] plainScales = new float[0];

  MinMaxFit(GroupKernel kernel) {
    this.kernel = kernel;
  }

  @Override
  public boolean fit(Slice slice, int bits, Stage stage, GroupParameters target) {
    int groups = Math.toIntExact(slice.layout().groups());
    reserve(groups);
    target.reset(groups);
    if (!ranges(slice, stage)) {
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

  private boolean ranges(Slice slice, Stage stage) {
    boolean finite = true;
    int group = 0;
    for (int r = 0; r < slice.layout().runs().size(); r++) {
      RowRun run = slice.layout().runs().get(r);
      ErrorSums sums = slice.sums().get(r);
      stage.open(slice.sources().get(r), run.weights());
      long weight = 0;
      for (int row = 0; row < run.rowCount(); row++) {
        for (int column = 0; column < run.columns(); column += run.groupSize(), group++) {
          int n = Math.min(run.groupSize(), run.columns() - column);
          int at = stage.seek(weight, n);
          kernel.range(stage.weights(), at, n, lo, hi, group);
          if (Float.isFinite(lo[group]) && Float.isFinite(hi[group])) {
            sums.addRange(lo[group], hi[group]);
          } else {
            countNonFinite(stage.weights(), at, n, sums);
            finite = false;
          }
          weight += n;
        }
      }
    }
    return finite;
  }

  private static void countNonFinite(float[] weights, int from, int n, ErrorSums sums) {
    int nan = 0;
    int inf = 0;
    for (int i = from; i < from + n; i++) {
      nan += Float.isNaN(weights[i]) ? 1 : 0;
      inf += Float.isInfinite(weights[i]) ? 1 : 0;
    }
    sums.addNonFinite(nan, inf);
  }

  /**
   * The least scale whose codes cover the range; NaN where all weights are zero and any scale will
   * do. A group of one value gets the power of two's fraction of it, which codes give back exactly.
   */
  private static float scale(float lo, float hi, int codes) {
    float scale;
    if (lo == hi) {
      if (lo == 0) {
        return Float.NaN;
      }
      scale = Math.abs(lo) / (0.5f * codes);
    } else {
      scale = (float) ((Math.max(hi, 0.0) - Math.min(lo, 0.0)) / (codes - 1));
    }
    return Math.max(scale, Float.MIN_VALUE);
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
