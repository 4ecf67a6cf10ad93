package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.kernel.AffineTrial;
import io.arrowquant.quantize.kernel.EncodeGroup;
import io.arrowquant.quantize.kernel.Widen;
import io.arrowquant.quantize.target.Representation;

/**
 * Scales and zero points that a runtime can hold: the range of each group, or, with {@code best},
 * the one of several shrunken ranges that leaves the least error once it is rounded.
 */
final class TargetFit implements GroupFit {

  private static final float[] SHRUNKEN = {
    1, 0.97f, 0.94f, 0.91f, 0.88f, 0.85f, 0.82f, 0.79f, 0.76f, 0.72f, 0.68f, 0.64f, 0.6f, 0.55f
  };

  private final SliceRanges ranges;
  private final PlaneBlocks blocks;
  private final AffineTrial trial = new AffineTrial();
  private final Codebook scaleBook = new Codebook();
  private final Codebook zeroPointBook = new Codebook();
  private final Target target;
  private Method method = Method.FAST;
  private float[] scales = new float[0];
  private float[] zeroPoints = new float[0];
  private float[] errors = new float[0];

  TargetFit(Widen widen, SliceRanges ranges, Target target) {
    this.ranges = ranges;
    this.blocks = new PlaneBlocks(widen);
    this.target = target;
  }

  TargetFit by(Method chosen) {
    method = chosen;
    return this;
  }

  @Override
  public boolean fit(Slice slice, int bits, GroupParameters parameters) {
    if (!ranges.measure(slice)) {
      return false;
    }
    int groups = Math.toIntExact(slice.layout().groups());
    parameters.reset(groups);
    int group = 0;
    for (int r = 0; r < slice.layout().runs().size(); r++) {
      RowRun run = slice.layout().runs().get(r);
      Representation held = Representation.of(target, bits, slice.sources().get(r).dtype());
      int end = group + run.rowCount() * run.groupsPerRow();
      for (; group < end; group++) {
        place(held, bits, group, 1, parameters.scales(), parameters.zeroPoints(), group);
      }
    }
    if (method == Method.BEST) {
      search(slice, bits, parameters);
    }
    if (scaleBook.fitExactly(parameters.scales(), groups)
        && zeroPointBook.fitExactly(parameters.zeroPoints(), groups)) {
      parameters.useCodebooks(scaleBook, zeroPointBook);
    }
    return true;
  }

  private void search(Slice slice, int bits, GroupParameters parameters) {
    blocks.open(slice);
    while (blocks.next()) {
      int n = blocks.planes().groups();
      int first = blocks.firstGroup();
      if (scales.length < n) {
        scales = new float[n];
        zeroPoints = new float[n];
        errors = new float[n];
      }
      Representation held =
          Representation.of(target, bits, slice.sources().get(blocks.run()).dtype());
      for (float shrink : SHRUNKEN) {
        for (int g = 0; g < n; g++) {
          place(held, bits, first + g, shrink, scales, zeroPoints, g);
        }
        trial.errors(blocks.planes(), scales, zeroPoints, 0, bits);
        for (int g = 0; g < n; g++) {
          float error = trial.errors()[g];
          boolean better = shrink == 1 || error < errors[g];
          // Sums of such squares would overflow or vanish: the whole range is taken on trust.
          if (better && (shrink == 1 || !EncodeGroup.isExtreme(scales[g]))) {
            errors[g] = error;
            parameters.scales()[first + g] = scales[g];
            parameters.zeroPoints()[first + g] = zeroPoints[g];
          }
        }
      }
    }
  }

  /** Scale and zero point of a group whose range is a part of what was measured. */
  private void place(
      Representation held,
      int bits,
      int group,
      float shrink,
      float[] scales,
      float[] zeroPoints,
      int at) {
    double lo = Math.min(0.0, ranges.lo()[group]) * shrink;
    double hi = Math.max(0.0, ranges.hi()[group]) * shrink;
    int half = 1 << (bits - 1);
    if (lo == hi) {
      scales[at] = held.scale(1.0 / half);
      zeroPoints[at] = held.zeroPoint(0, bits);
    } else if (held.isSymmetric()) {
      scales[at] = held.scale(Math.max(-lo / half, hi / (half - 1)));
      zeroPoints[at] = 0;
    } else {
      // A zero point between two that can be held leaves one end out: half a step more at each.
      double steps = 2 * half - 1 - (held.zeroStep() > 1 ? held.zeroStep() - 1 : 0);
      float scale = held.scale((hi - lo) / steps);
      scales[at] = scale;
      zeroPoints[at] = held.zeroPoint(-0.5 - (lo + hi) / 2 / scale, bits);
    }
  }
}
