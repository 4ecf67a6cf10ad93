package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.kernel.AffineTrial;
import io.arrowquant.quantize.kernel.EncodeGroup;
import io.arrowquant.quantize.kernel.Widen;
import java.util.Arrays;
import java.util.List;

/**
 * The preset {@code best}: codebooks of scale levels and zero-point levels fitted to the slice,
 * from which each group takes the pair that leaves it the least error for the bits that storing the
 * pair takes. Errors count by the importance of their column where a source says so. Where a tensor
 * would be left with a greater error than by plain ranges of larger groups, it gets these; where it
 * is no small part of the slice, or codebooks have no room, the slice is left to {@link MinMaxFit}.
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

  /** Up to this width the range that leaves the least error is searched for first. */
  private static final int SEARCHED_BITS = 2;

  private static final int REFITS = 2;

  /** Share of a slice whose tensors may get ranges of their own without all others doing so. */
  private static final double MOST_REPLACED = 1 / 8.0;

  private static final int SAMPLE_WEIGHTS = 1 << 16;
  private static final int FEWEST_LEVELS = 8;

  /**
   * What groups take beside their codes, found by trying: about half a bit a weight.
   *
   * @param groupsPerLevel fewest groups that pay for a level of the codebooks
   * @param scaleLevels at most
   * @param zeroPointLevels at most
   * @param indexBits of both indices of a group together, at their entropy
   */
  private record Spending(
      int groupsPerLevel, int scaleLevels, int zeroPointLevels, double indexBits) {

    static final Spending OF_LARGE = new Spending(8, Codebook.MAX_LEVELS, Codebook.MAX_LEVELS, 15);

    /** Tensors of very different magnitude in one slice: each has few of the levels. */
    static final Spending OF_MIXED = new Spending(16, Codebook.MAX_LEVELS, 64, 10);

    /** With codes so few, their place says more. */
    static Spending ofSmall(int bits) {
      return new Spending(64, 64, 32, bits == 2 ? 9 : 7.6);
    }
  }

  /** Groups from this size on take more levels, and more bits of indices. */
  private static final int LARGE_GROUP = 24;

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
  private float[] least = new float[0];
  private float[] most = new float[0];
  private float[] plainScales = new float[0];
  private float[] plainZeroPoints = new float[0];
  private float[] prices = new float[0];

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
    reserve(groups);
    float[] greatest = greatest(slice);
    for (float weight : greatest) {
      if (weight != 0
          && (EncodeGroup.isExtreme(weight) || EncodeGroup.isExtreme(weight * 0x1p-10f))) {
        return false;
      }
    }
    int groupSize = Math.toIntExact((slice.layout().values() + groups - 1) / Math.max(1, groups));
    boolean small = groupSize < LARGE_GROUP;
    LevelChoice.Trials trials =
        small ? LevelChoice.Trials.ofFew(bits) : LevelChoice.Trials.ofMany();
    boolean searched = bits <= SEARCHED_BITS || !small;
    int zeros = settleAll(slice, bits, greatest, searched ? 1 : trials.cover());
    if (zeros == groups) {
      return false;
    }
    if (searched || slice.sources().stream().anyMatch(SourceRows::hasMassiveColumns)) {
      searchAll(slice, bits, trials.cover(), searched, target);
    }
    widenPlain(slice, bits);
    sample.draw(slice, least, most, Math.min(groups, Math.max(1, SAMPLE_WEIGHTS / groupSize)));
    Spending usual = small ? Spending.ofSmall(bits) : Spending.OF_LARGE;
    if (!choose(slice, bits, trials, usual, zeros, target)
        && !(small && choose(slice, bits, trials, Spending.OF_MIXED, zeros, target))) {
      return false;
    }
    target.useCodebooks(scaleBook, zeroPointBook);
    return true;
  }

  /**
   * Fits levels and chooses among them.
   *
   * @return false if there are too few levels for the tensors of the slice
   */
  private boolean choose(
      Slice slice,
      int bits,
      LevelChoice.Trials trials,
      Spending spending,
      int zeros,
      GroupParameters target) {
    int levels =
        Math.max(FEWEST_LEVELS, Integer.highestOneBit(target.count() / spending.groupsPerLevel()));
    LevelSet set =
        levelFit.fit(
            sample,
            bits,
            trials,
            Math.min(levels, spending.scaleLevels()),
            Math.min(levels, spending.zeroPointLevels()),
            spending.indexBits());
    choice.open(zeros > 0 ? withExactZero(set, bits) : set, bits, trials);
    boolean[] worse = chooseAll(slice, bits, target);
    long spoilt = weights(slice, worse);
    boolean few = spoilt < slice.layout().values() * MOST_REPLACED;
    return spoilt == 0 || few && replace(slice, worse, target);
  }

  private static LevelSet withExactZero(LevelSet set, int bits) {
    return new LevelSet(
        set.scales(),
        set.scaleBits(),
        LevelIndex.withExactZero(set.zeroPoints(), bits),
        set.zeroPointBits(),
        set.bitPrice());
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
   * Says what range of each group codes have to cover; NaN where a group is taken for zeros.
   *
   * @param cover share of the range; where a column is massive, it is searched for later
   * @return groups that are taken for zeros
   */
  private int settleAll(Slice slice, int bits, float[] greatest, float cover) {
    int zeros = 0;
    int group = 0;
    for (int r = 0; r < greatest.length; r++) {
      RowRun run = slice.layout().runs().get(r);
      int end = group + run.rowCount() * run.groupsPerRow();
      float covered = slice.sources().get(r).hasMassiveColumns() ? 1 : cover;
      for (; group < end; group++) {
        zeros += settle(group, greatest[r] * NEGLIGIBLE, 1 << bits, covered) ? 1 : 0;
      }
    }
    return zeros;
  }

  private boolean settle(int g, float negligible, int codes, float cover) {
    float lo = ranges.lo()[g];
    float hi = ranges.hi()[g];
    if (Math.max(-lo, hi) <= negligible) {
      least[g] = Float.NaN;
      most[g] = Float.NaN;
      plainScales[g] = 1;
      plainZeroPoints[g] = 0;
      return true;
    }
    plainScales[g] = MinMaxFit.scale(lo, hi, codes);
    plainZeroPoints[g] = MinMaxFit.zeroPoint(lo, hi, plainScales[g], codes);
    float farthest = Math.max(FARTHEST_CODES, FARTHEST_RANGES * codes) / (codes - 1);
    boolean far = hi - lo <= negligible || Math.abs(hi + lo) > 2 * farthest * (hi - lo);
    float from = far ? Math.min(lo, 0) : lo;
    float to = far ? Math.max(hi, 0) : hi;
    float middle = 0.5f * (to + from);
    float reach = 0.5f * (to - from) * cover;
    least[g] = middle - reach;
    most[g] = middle + reach;
    return false;
  }

  /** Narrows ranges to those that leave the least error, where that is not close to the whole. */
  private void searchAll(Slice slice, int bits, float cover, boolean all, GroupParameters target) {
    int half = 1 << (bits - 1);
    // Least squares ends with a range that needs no more than half of the shrinking.
    float reach = (half - 0.5f) * (float) Math.sqrt(cover);
    float[] scales = target.scales();
    float[] zeroPoints = target.zeroPoints();
    blocks.open(slice);
    while (blocks.next()) {
      int first = blocks.firstGroup();
      int end = first + blocks.planes().groups();
      if (!all && !slice.sources().get(blocks.run()).hasMassiveColumns()) {
        continue;
      }
      search.search(
          blocks.planes(), bits, shrinks(bits), REFITS, least, most, first, scales, zeroPoints);
      for (int g = first; g < end; g++) {
        float centre = Math.abs(zeroPoints[g] + 0.5f);
        if (scales[g] > 0 && centre < Math.max(FARTHEST_CODES, FARTHEST_RANGES * 2 * half)) {
          float middle = (-0.5f - zeroPoints[g]) * scales[g];
          least[g] = middle - reach * scales[g];
          most[g] = middle + reach * scales[g];
        }
      }
    }
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

  /**
   * Chooses the levels of all groups.
   *
   * @return for each run whether its squared error is greater than with plain ranges
   */
  private boolean[] chooseAll(Slice slice, int bits, GroupParameters target) {
    float[] scales = target.scales();
    float[] zeroPoints = target.zeroPoints();
    LevelSet set = choice.levels();
    scaleBook.take(set.scales(), target.count());
    zeroPointBook.take(set.zeroPoints(), target.count());
    int runs = slice.layout().runs().size();
    double[] errors = new double[runs];
    double[] plainErrors = new double[runs];
    int exactZero = LevelIndex.exactZero(set.zeroPoints(), bits);
    int usual = LevelSet.cheapest(set.scaleBits());
    blocks.open(slice);
    while (blocks.next()) {
      int first = blocks.firstGroup();
      int n = blocks.planes().groups();
      int r = blocks.run();
      double importance = sample.runImportance()[r];
      Arrays.fill(prices, 0, n, importance > 0 ? (float) (set.bitPrice() / importance) : 0);
      choice.choose(blocks.planes(), bits, least, most, first, prices);
      for (int g = 0; g < n; g++) {
        boolean zeros = Float.isNaN(least[first + g]);
        int s = zeros ? usual : choice.scaleIndices()[g];
        int z = zeros ? exactZero : choice.zeroPointIndices()[g];
        errors[r] += zeros ? 0 : choice.errors()[g];
        scaleBook.indices()[first + g] = (byte) s;
        zeroPointBook.indices()[first + g] = (byte) z;
        scales[first + g] = set.scales()[s];
        zeroPoints[first + g] = set.zeroPoints()[z];
      }
      plainErrors[r] += plainErrors(bits, first, n);
    }
    boolean[] worse = new boolean[runs];
    for (int r = 0; r < runs; r++) {
      worse[r] = errors[r] > plainErrors[r];
    }
    return worse;
  }

  private static long weights(Slice slice, boolean[] runs) {
    long weights = 0;
    for (int r = 0; r < runs.length; r++) {
      weights += runs[r] ? slice.layout().runs().get(r).weights() : 0;
    }
    return weights;
  }

  /**
   * Gives some runs plain ranges, whose scales and zero points become levels of their own.
   *
   * @return false if the codebooks have no room for them
   */
  private boolean replace(Slice slice, boolean[] worse, GroupParameters target) {
    int group = 0;
    for (int r = 0; r < worse.length; r++) {
      RowRun run = slice.layout().runs().get(r);
      int groups = run.rowCount() * run.groupsPerRow();
      if (worse[r]) {
        System.arraycopy(plainScales, group, target.scales(), group, groups);
        System.arraycopy(plainZeroPoints, group, target.zeroPoints(), group, groups);
      }
      group += groups;
    }
    return scaleBook.fitExactly(target.scales(), group)
        && zeroPointBook.fitExactly(target.zeroPoints(), group);
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

  private void reserve(int groups) {
    if (least.length < groups) {
      least = new float[groups];
      most = new float[groups];
      plainScales = new float[groups];
      plainZeroPoints = new float[groups];
      prices = new float[groups];
    }
  }
}
