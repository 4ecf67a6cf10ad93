package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.AffineTrial;
import io.arrowquant.quantize.kernel.GroupPlanes;
import java.util.Arrays;

/**
 * Gives each group the scale level and the zero-point level with which the error, its codes chosen
 * anew, and the price of the bits that the two indices take are least together. Tried are the
 * zero-point levels around the one that centres the group's range, each with the scale levels from
 * the least one on that covers the range.
 */
final class LevelChoice {

  /**
   * What is tried.
   *
   * @param reach zero-point levels to each side
   * @param scales scale levels for each of them
   * @param below how many of them below the one that covers the range
   * @param cover share of a group's range that codes have to cover
   */
  record Trials(int reach, int scales, int below, float cover) {

    /** For few levels: many of these, as errors of small groups differ much by chance. */
    static Trials ofFew(int bits) {
      return switch (bits) {
        case 2 -> new Trials(5, 4, 0, 0.72f);
        case 3 -> new Trials(4, 3, 0, 0.84f);
        case 4 -> new Trials(4, 3, 0, 0.91f);
        case 5 -> new Trials(4, 2, 0, 0.96f);
        case 6 -> new Trials(4, 2, 0, 0.98f);
        default -> new Trials(3, 1, 0, 0.997f);
      };
    }

    /** For levels as close as they are with large groups: those around the range itself. */
    static Trials ofMany() {
      return new Trials(1, 3, 1, 1);
    }
  }

  /** Codes left on a side of the zero point, at least. */
  private static final float LEAST_CODES = 0.1f;

  private final AffineTrial trial;
  private final ScaleIndex scaleIndex = new ScaleIndex();
  private final LevelIndex zeroPointIndex = new LevelIndex();
  private LevelSet levels;
  private Trials trials;

  /** For each zero-point level, the scale with which the greatest code means 1. */
  private float[] perMost = new float[0];

  /** The scale with which the least code means 1, so negative. */
  private float[] perLeast = new float[0];

  private float[] scales = new float[0];
  private float[] zeroPoints = new float[0];
  private float[] costs = new float[0];
  private float[] errors = new float[0];
  private int[] chosenScales = new int[0];
  private int[] chosenZeroPoints = new int[0];
  private int[] firstScales = new int[0];
  private int[] firstZeroPoints = new int[0];

  LevelChoice(AffineTrial trial) {
    this.trial = trial;
  }

  void open(LevelSet set, int bits, Trials what) {
    levels = set;
    trials = what;
    int half = 1 << (bits - 1);
    perMost = new float[set.zeroPoints().length];
    perLeast = new float[set.zeroPoints().length];
    for (int z = 0; z < perMost.length; z++) {
      perMost[z] = 1 / Math.max(LEAST_CODES, half - 1 - set.zeroPoints()[z]);
      perLeast[z] = -1 / Math.max(LEAST_CODES, half + set.zeroPoints()[z]);
    }
    scaleIndex.open(set.scales());
    zeroPointIndex.open(set.zeroPoints());
  }

  LevelSet levels() {
    return levels;
  }

  /** For each group the index of its scale level. */
  int[] scaleIndices() {
    return chosenScales;
  }

  int[] zeroPointIndices() {
    return chosenZeroPoints;
  }

  /** Squared error that each group is left with. */
  float[] errors() {
    return errors;
  }

  /**
   * Chooses.
   *
   * @param lo where the range that codes have to cover begins, for each group from {@code first} on
   * @param hi where it ends
   * @param prices squared error that a bit of an index has to save, for each group from 0 on
   */
  void choose(GroupPlanes groups, int bits, float[] lo, float[] hi, int first, float[] prices) {
    int n = groups.groups();
    reserve(n);
    Arrays.fill(costs, 0, n, Float.POSITIVE_INFINITY);
    float half = 1 << (bits - 1);
    int scaleTrials = Math.min(trials.scales, levels.scales().length);
    int zeroPointTrials = Math.min(2 * trials.reach + 1, levels.zeroPoints().length);
    int lastZeroPoint = levels.zeroPoints().length - zeroPointTrials;
    int lastScale = levels.scales().length - scaleTrials;
    float stepShare = 1 / (2 * half - 1);
    for (int g = 0; g < n; g++) {
      float step = (hi[first + g] - lo[first + g]) * stepShare;
      float centred = -0.5f - 0.5f * (hi[first + g] + lo[first + g]) / step;
      int z = zeroPointIndex.nearest(centred) - trials.reach;
      firstZeroPoints[g] = Math.max(0, Math.min(lastZeroPoint, z));
    }
    for (int i = 0; i < zeroPointTrials; i++) {
      for (int g = 0; g < n; g++) {
        int z = firstZeroPoints[g] + i;
        float least = Math.max(hi[first + g] * perMost[z], lo[first + g] * perLeast[z]);
        int s = scaleIndex.atLeast(least) - trials.below;
        firstScales[g] = Math.max(0, Math.min(lastScale, s));
        zeroPoints[g] = levels.zeroPoints()[z];
      }
      for (int k = 0; k < scaleTrials; k++) {
        float[] from = levels.scales();
        for (int g = 0; g < n; g++) {
          scales[g] = from[firstScales[g] + k];
        }
        trial.errors(groups, scales, zeroPoints, 0, bits);
        keepBetter(prices, i, k, n);
      }
    }
  }

  private void keepBetter(float[] prices, int i, int k, int n) {
    float[] tried = trial.errors();
    float[] scaleBits = levels.scaleBits();
    float[] zeroPointBits = levels.zeroPointBits();
    for (int g = 0; g < n; g++) {
      int s = firstScales[g] + k;
      int z = firstZeroPoints[g] + i;
      float cost = tried[g] + prices[g] * (scaleBits[s] + zeroPointBits[z]);
      if (cost < costs[g]) {
        costs[g] = cost;
        errors[g] = tried[g];
        chosenScales[g] = s;
        chosenZeroPoints[g] = z;
      }
    }
  }

  private void reserve(int n) {
    if (scales.length < n) {
      scales = new float[n];
      zeroPoints = new float[n];
      costs = new float[n];
      errors = new float[n];
      chosenScales = new int[n];
      chosenZeroPoints = new int[n];
      firstScales = new int[n];
      firstZeroPoints = new int[n];
    }
  }
}
