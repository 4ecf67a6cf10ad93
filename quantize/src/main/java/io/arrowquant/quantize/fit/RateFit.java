package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.config.Method;
import io.arrowquant.quantize.kernel.Widen;
import java.util.Arrays;

/**
 * The preset {@code rate}, entropy-coded scalar quantization: one step for all weights of a tensor
 * in the slice, as wide as makes the entropy of their codes the bits that are to be spent. At equal
 * size this leaves normal weights about a quarter of a bit short of Shannon's limit (Gish and
 * Pierce, 1968), and takes bits from quiet groups for loud ones.
 *
 * <p>A group whose range is too wide for the codes has the step doubled until they cover it, and a
 * group of one value has one that is exact.
 */
final class RateFit implements GroupFit {

  /**
   * What is spent beyond the bits asked for, as scales and zero points take it with {@code best}.
   */
  private static final double EXTRA_BITS = 0.5;

  /** Of these, what goes to code words of whole bits, lists and headers. */
  private static final double OVERHEAD_BITS = 0.03;

  /** A symbol of ZSTD's literals has a code word of 11 bits at most (RFC 8878, 4.2.1). */
  private static final double LEAST_PROBABILITY = 0x1p-11;

  private static final int SAMPLE_WEIGHTS = 1 << 16;

  /** Steps are looked for from this many halvings of the greatest weight on. */
  private static final int FINEST_OCTAVES = 16;

  /** Halvings of what is left of that: to a thousandth of an octave. */
  private static final int TURNS = 14;

  /** An irrational stride, so that no regularity of rows and columns shows in the sample. */
  private static final double GOLDEN = 0.6180339887498949;

  private final Widen widen;
  private final SliceRanges ranges;
  private final Codebook scaleBook = new Codebook();
  private final Codebook zeroPointBook = new Codebook();
  private final float[] staged = new float[Widen.STAGE];
  private final float[] weights = new float[SAMPLE_WEIGHTS + Widen.STAGE];
  private final float[] reaches = new float[SAMPLE_WEIGHTS + Widen.STAGE];
  private final int[] counts = new int[1 << 8];
  private int size;

  RateFit(Widen widen, SliceRanges ranges) {
    this.widen = widen;
    this.ranges = ranges;
  }

  @Override
  public boolean fit(Slice slice, int bits, GroupParameters target) {
    if (!ranges.measure(slice)) {
      return false;
    }
    int half = 1 << (Method.RATE.codeWidth(bits) - 1);
    float[] steps = new float[slice.layout().runs().size()];
    int group = 0;
    for (int r = 0; r < steps.length; r++) {
      RowRun run = slice.layout().runs().get(r);
      draw(slice.sources().get(r), run, group);
      float most = 0;
      for (int end = group + run.rowCount() * run.groupsPerRow(); group < end; group++) {
        most = Math.max(most, reach(group));
      }
      steps[r] = most == 0 ? 1 : step(bits + EXTRA_BITS - OVERHEAD_BITS, half, most);
    }
    target.reset(group);
    Arrays.fill(target.zeroPoints(), 0, group, 0);
    // Groups of one value are exact unless there are so many that their scales would cost too much.
    if (place(slice, steps, half, true, target) || place(slice, steps, half, false, target)) {
      target.useCodebooks(scaleBook, zeroPointBook);
    }
    return true;
  }

  /**
   * Sets all scales.
   *
   * @return whether they fit codebooks
   */
  private boolean place(
      Slice slice, float[] steps, int half, boolean exact, GroupParameters target) {
    int group = 0;
    for (int r = 0; r < steps.length; r++) {
      RowRun run = slice.layout().runs().get(r);
      int end = group + run.rowCount() * run.groupsPerRow();
      for (; group < end; group++) {
        float value = ranges.lo()[group];
        target.scales()[group] =
            exact && value == ranges.hi()[group] && value != 0
                ? MinMaxFit.scale(value, value, half)
                : scale(steps[r], reach(group), half);
      }
    }
    return scaleBook.fitExactly(target.scales(), group)
        && zeroPointBook.fitExactly(target.zeroPoints(), group);
  }

  private float reach(int group) {
    return Math.max(-ranges.lo()[group], ranges.hi()[group]);
  }

  private void draw(SourceRows rows, RowRun run, int firstGroup) {
    int groups = run.rowCount() * run.groupsPerRow();
    size = 0;
    for (int i = 0; i < groups && size < SAMPLE_WEIGHTS; i++) {
      double place = i * GOLDEN;
      boolean all = run.weights() <= SAMPLE_WEIGHTS;
      int group = all ? i : (int) ((place - Math.floor(place)) * groups);
      int row = group / run.groupsPerRow();
      int column = group % run.groupsPerRow() * run.groupSize();
      int n = Math.min(run.groupSize(), run.columns() - column);
      widen.toFloat(rows.dtype(), rows.address((long) row * run.columns() + column), n, staged);
      System.arraycopy(staged, 0, weights, size, n);
      Arrays.fill(reaches, size, size + n, reach(firstGroup + group));
      size += n;
    }
  }

  /**
   * The step at which the sample's codes take so many bits each, or nearly.
   *
   * @param most greatest magnitude of the tensor, which the sample need not have
   */
  private float step(double bits, int half, float most) {
    double low = -FINEST_OCTAVES;
    // So few values that any step will do: a power of two's fraction is exact for the greatest.
    if (bits(step(most, low), half) <= bits) {
      return step(most, low);
    }
    double high = 1;
    for (int turn = 0; turn < TURNS; turn++) {
      double middle = (low + high) / 2;
      if (bits(step(most, middle), half) > bits) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return step(most, high);
  }

  private static float step(float most, double octaves) {
    return Math.max(Float.MIN_VALUE, (float) (most * StrictMath.pow(2, octaves)));
  }

  /** Bits of a code with the step: the entropy, no code word being longer than they can be. */
  private double bits(float step, int half) {
    Arrays.fill(counts, 0);
    for (int i = 0; i < size; i++) {
      float scale = scale(step, reaches[i], half);
      int code = (int) Math.rint(weights[i] / scale);
      counts[Math.max(-half, Math.min(half - 1, code)) + half]++;
    }
    double total = 0;
    double sum = 0;
    for (int count : counts) {
      if (count > 0) {
        double share = Math.max(LEAST_PROBABILITY, (double) count / size);
        total += share;
        sum -= (double) count / size * StrictMath.log(share);
      }
    }
    return (sum + StrictMath.log(total)) / StrictMath.log(2);
  }

  private static float scale(float step, float reach, int half) {
    float scale = step;
    while (reach > scale * (half - 0.5f)) {
      scale *= 2;
    }
    return scale;
  }
}
