package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.kernel.AffineTrial;
import io.arrowquant.quantize.kernel.EncodeGroup;
import io.arrowquant.quantize.kernel.Widen;
import java.util.List;

/**
 * The preset {@code best}: a search for scale and zero point of each group, then codebooks with few
 * levels fitted to the slice, from which each group takes the pair that leaves it the least error.
 * Errors count by the importance of their column where a source says so. Where a tensor would be
 * left with a greater error than by plain ranges of larger groups, the slice is left to {@link
 * MinMaxFit}.
 */
final class BestFit implements GroupFit {

  /** A group within this share of its tensor's greatest weight is taken for zeros. */
  private static final float NEGLIGIBLE = 0x1p-20f;

  /**
   * Zero points lie within this many ranges of codes, or codes where those are few: a few groups
   * far from zero would need levels that the others lack then, so their range includes zero.
   */
  private static final float FARTHEST_RANGES = 0.75f;

  private static final float FARTHEST_CODES = 12;

  /** Columns that share a range where that is all that is done, or more: those of fast. */
  private static final int PLAIN_GROUP = 64;

  private static final int SAMPLE_WEIGHTS = 1 << 17;
  private static final int IMPROVEMENTS = 3;

  private final SliceRanges ranges;
  private final MinMaxFit minMax;
  private final AffineTrial trial = new AffineTrial();
  private final RangeSearch search = new RangeSearch(trial);
  private final LevelChoice choice = new LevelChoice(trial);
  private final LevelFit levelFit = new LevelFit(trial, choice);
  private final PlaneBlocks blocks;
  private final GroupSample sample;
  private final Codebook scaleBook = new Codebook();
  private final Codebook zeroPointBook = new Codebook();
  private float[] plainScales = new float[0];
  private float[] plainZeroPoints = new float[0];

  BestFit(Widen widen, SliceRanges ranges, MinMaxFit minMax) {
    this.ranges = ranges;
    this.minMax = minMax;
    this.blocks = new PlaneBlocks(widen);
    this.sample = new GroupSample(widen);
  }

  @Override
  public boolean fit(Slice slice, int bits, GroupParameters target) {
    if (!ranges.measure(slice)) {
      return false;
    }
    if (!fitMeasured(slice, bits, target)) {
      minMax.fitMeasured(slice, bits, target);
    }
    return true;
  }

  private boolean fitMeasured(Slice slice, int bits, GroupParameters target) {
    int groups = Math.toIntExact(slice.layout().groups());
    target.reset(groups);
    if (plainScales.length < groups) {
      plainScales = new float[groups];
      plainZeroPoints = new float[groups];
    }
    float[] greatest = greatest(slice);
    for (float weight : greatest) {
      if (weight != 0
          && (EncodeGroup.isExtreme(weight) || EncodeGroup.isExtreme(weight * 0x1p-10f))) {
        return false;
      }
    }
    int zeros = searchAll(slice, bits, greatest, target);
    if (zeros == groups) {
      return false;
    }
    widenPlain(slice, bits);
    int most = (int) (SAMPLE_WEIGHTS * (long) groups / slice.layout().values());
    sample.draw(slice, target.scales(), target.zeroPoints(), Math.max(1, Math.min(groups, most)));
    fitLevels(slice, bits, zeros > 0);
    if (chooseAll(slice, bits, target) > 1) {
      return false;
    }
    target.useCodebooks(scaleBook, zeroPointBook);
    return true;
  }

  /** Greatest magnitude in each run. */
  private float[] greatest(Slice slice) {
    List<RowRun> runs = slice.layout().runs();
    float[] greatest = new float[runs.size()];
    int group = 0;
    for (int r = 0; r < greatest.length; r++) {
      int end = group + runs.get(r).rowCount() * runs.get(r).groupsPerRow();
      for (; group < end; group++) {
        greatest[r] = Math.max(greatest[r], Math.max(-ranges.lo()[group], ranges.hi()[group]));
      }
    }
    return greatest;
  }

  /**
   * Gives each group the scale and the zero point that it would have by itself; NaN where it is
   * taken for zeros.
   *
   * @return groups that are taken for zeros
   */
  private int searchAll(Slice slice, int bits, float[] greatest, GroupParameters target) {
    float[] scales = target.scales();
    float[] zeroPoints = target.zeroPoints();
    int zeros = 0;
    blocks.open(slice);
    while (blocks.next()) {
      int first = blocks.firstGroup();
      int end = first + blocks.planes().groups();
      search.search(
          blocks.planes(),
          bits,
          shrinks(bits),
          refits(bits),
          ranges.lo(),
          ranges.hi(),
          first,
          scales,
          zeroPoints);
      for (int g = first; g < end; g++) {
        zeros += settle(g, greatest[blocks.run()], 1 << bits, scales, zeroPoints) ? 1 : 0;
      }
    }
    return zeros;
  }

  /** Sets what the search leaves open; true for zeros. */
  private boolean settle(int g, float greatest, int codes, float[] scales, float[] zeroPoints) {
    float lo = ranges.lo()[g];
    float hi = ranges.hi()[g];
    float negligible = greatest * NEGLIGIBLE;
    if (Math.max(-lo, hi) <= negligible) {
      scales[g] = Float.NaN;
      plainScales[g] = 1;
      plainZeroPoints[g] = 0;
      return true;
    }
    plainScales[g] = MinMaxFit.scale(lo, hi, codes);
    plainZeroPoints[g] = MinMaxFit.zeroPoint(lo, hi, plainScales[g], codes);
    if (hi - lo <= negligible
        || !(Math.abs(zeroPoints[g] + 0.5f) < Math.max(FARTHEST_CODES, FARTHEST_RANGES * codes))) {
      scales[g] = plainScales[g];
      zeroPoints[g] = plainZeroPoints[g];
    }
    return false;
  }

  /** Makes plain ranges those of {@link #PLAIN_GROUP} columns. */
  private void widenPlain(Slice slice, int bits) {
    int first = 0;
    for (RowRun run : slice.layout().runs()) {
      int perRow = run.groupsPerRow();
      int most = Math.max(1, PLAIN_GROUP / run.groupSize());
      for (int row = 0; row < run.rowCount(); row++, first += perRow) {
        for (int g = 0; g < perRow; g += most) {
          widenPlain(first + g, first + Math.min(perRow, g + most), 1 << bits);
        }
      }
    }
  }

  private void widenPlain(int from, int to, int codes) {
    float lo = Float.POSITIVE_INFINITY;
    float hi = Float.NEGATIVE_INFINITY;
    for (int g = from; g < to; g++) {
      lo = Math.min(lo, ranges.lo()[g]);
      hi = Math.max(hi, ranges.hi()[g]);
    }
    float scale = MinMaxFit.scale(lo, hi, codes);
    float zeroPoint = MinMaxFit.zeroPoint(lo, hi, scale, codes);
    for (int g = from; g < to; g++) {
      plainScales[g] = Float.isNaN(scale) ? 1 : scale;
      plainZeroPoints[g] = zeroPoint;
    }
  }

  private void fitLevels(Slice slice, int bits, boolean exactZero) {
    int groupSize = sample.planes().weightsPerGroup();
    boolean shared = slice.layout().runs().size() > 1;
    long weights = slice.layout().values();
    List<LevelCounts> candidates = LevelCounts.candidates(bits, groupSize, shared);
    LevelFit.Fitted best = null;
    double leastCost = Double.POSITIVE_INFINITY;
    for (LevelCounts counts : candidates) {
      LevelFit.Fitted fitted = levelFit.begin(sample, bits, counts, 1);
      if (candidates.size() > 1) {
        fitted = levelFit.improve(sample, bits, fitted, 1);
      }
      double cost =
          shared
              ? counts.cost(fitted.error(), fitted.indexBits(), groupSize, weights)
              : fitted.error();
      boolean fits = shared || fitted.indexBits() <= LevelCounts.mostBits(bits, groupSize);
      if (best == null || fits && cost < leastCost) {
        leastCost = cost;
        best = fitted;
      }
    }
    for (int i = 0; i < IMPROVEMENTS; i++) {
      best = levelFit.improve(sample, bits, best, 1);
    }
    choice.open(
        best.scaleLevels(),
        exactZero
            ? LevelIndex.withExactZero(best.zeroPointLevels(), bits)
            : best.zeroPointLevels());
  }

  /**
   * Chooses the levels of all groups.
   *
   * @return the tensor's squared error over that with plain ranges, of the tensor where it is worst
   */
  private double chooseAll(Slice slice, int bits, GroupParameters target) {
    float[] scales = target.scales();
    float[] zeroPoints = target.zeroPoints();
    scaleBook.take(choice.scaleLevels(), target.count());
    zeroPointBook.take(choice.zeroPointLevels(), target.count());
    int runs = slice.layout().runs().size();
    double[] errors = new double[runs];
    double[] plainErrors = new double[runs];
    int exactZero = LevelIndex.exactZero(choice.zeroPointLevels(), bits);
    blocks.open(slice);
    while (blocks.next()) {
      int first = blocks.firstGroup();
      int n = blocks.planes().groups();
      int r = blocks.run();
      choice.choose(blocks.planes(), bits, scales, zeroPoints, first, 1);
      for (int g = 0; g < n; g++) {
        boolean zeros = Float.isNaN(scales[first + g]);
        int s = zeros ? 0 : choice.scaleIndices()[g];
        int z = zeros ? exactZero : choice.zeroPointIndices()[g];
        errors[r] += zeros ? 0 : choice.errors()[g];
        scaleBook.indices()[first + g] = (byte) s;
        zeroPointBook.indices()[first + g] = (byte) z;
        scales[first + g] = choice.scaleLevels()[s];
        zeroPoints[first + g] = choice.zeroPointLevels()[z];
      }
      plainErrors[r] += plainErrors(bits, first, n);
    }
    double worst = 0;
    for (int r = 0; r < runs; r++) {
      worst = Math.max(worst, errors[r] == 0 ? 0 : errors[r] / plainErrors[r]);
    }
    return worst;
  }

  private double plainErrors(int bits, int first, int n) {
    trial.errors(blocks.planes(), plainScales, plainZeroPoints, first, bits);
    double sum = 0;
    for (int g = 0; g < n; g++) {
      sum += trial.errors()[g];
    }
    return sum;
  }

  private static float[] shrinks(int bits) {
    return switch (bits) {
      case 2 -> new float[] {1.05f, 0.98f, 0.91f, 0.84f, 0.77f, 0.7f, 0.63f, 0.56f};
      case 3, 4 -> new float[] {1.05f, 1, 0.96f, 0.92f, 0.88f, 0.84f, 0.78f, 0.7f};
      case 5, 6 -> new float[] {1.02f, 0.99f, 0.96f, 0.93f, 0.89f, 0.84f};
      default -> new float[] {0.995f, 0.975f, 0.955f};
    };
  }

  private static int refits(int bits) {
    return bits == 8 ? 1 : 2;
  }
}
