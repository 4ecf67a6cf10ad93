package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;

/**
 * The preset {@code fast}: the range of each group, zero included, divided evenly into codes.
 * Scales and zero points are snapped to codebooks unless that costs too much.
 */
final class MinMaxFit implements GroupFit {

  /** Power of the error in dB that codebooks may cost at 128 weights a group. */
  static final double MAX_LOSS_DB = 0.05;

  /** By how much the power of a tensor's error may grow, whatever the mean over all. */
  private static final double MOST_GROWTH = 0.5;

  private final SliceRanges ranges;
  private final Codebook scaleBook = new Codebook();
  private final Codebook zeroPointBook = new Codebook();
  private float[] plainScales = new float[0];

  MinMaxFit(SliceRanges ranges) {
    this.ranges = ranges;
  }

  @Override
  public boolean fit(Slice slice, int bits, GroupParameters target) {
    if (!ranges.measure(slice)) {
      return false;
    }
    fitMeasured(slice, bits, target);
    return true;
  }

  /** The same for a slice whose ranges were measured last. */
  void fitMeasured(Slice slice, int bits, GroupParameters target) {
    int groups = Math.toIntExact(slice.layout().groups());
    if (plainScales.length < groups) {
      plainScales = new float[groups];
    }
    target.reset(groups);
    float[] lo = ranges.lo();
    float[] hi = ranges.hi();
    float[] scales = target.scales();
    float[] zeroPoints = target.zeroPoints();
    int codes = 1 << bits;
    for (int g = 0; g < groups; g++) {
      scales[g] = scale(lo[g], hi[g], codes);
    }
    System.arraycopy(scales, 0, plainScales, 0, groups);
    double loss = 0;
    if (!scaleBook.fitExactly(scales, groups)) {
      loss = scaleBook.fitUpwards(scales, groups);
      // A mean over samples knows nothing of a tensor that shares a slice with far larger ones.
      loss = growth(slice, scales) > MOST_GROWTH ? Double.POSITIVE_INFINITY : loss;
    }
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
  }

  /**
   * How much the power of the quantization error grows by larger scales, in the tensor where that
   * is most: one that shares a slice with far larger ones has few levels of its own.
   */
  private double growth(Slice slice, float[] scales) {
    double most = 0;
    int group = 0;
    for (RowRun run : slice.layout().runs()) {
      double plain = 0;
      double snapped = 0;
      for (int end = group + run.rowCount() * run.groupsPerRow(); group < end; group++) {
        if (!Float.isNaN(plainScales[group])) {
          plain += (double) plainScales[group] * plainScales[group];
          snapped += (double) scales[group] * scales[group];
        }
      }
      most = Math.max(most, plain == 0 ? 0 : snapped / plain - 1);
    }
    return most;
  }

  /**
   * The least scale whose codes cover the range; NaN where all weights are zero and any scale will
   * do. A group of one value is exact.
   */
  static float scale(float lo, float hi, int codes) {
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
    float[] lo = ranges.lo();
    float[] hi = ranges.hi();
    for (int g = 0; g < groups; g++) {
      zeroPoints[g] = zeroPoint(lo[g], hi[g], scales[g], codes);
    }
  }

  /** Where the range's middle meets that of the codes; an end at zero is kept exactly. */
  static float zeroPoint(float lo, float hi, float scale, int codes) {
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
}
