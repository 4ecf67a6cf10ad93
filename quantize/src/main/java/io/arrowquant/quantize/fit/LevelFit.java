package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.AffineTrial;
import java.util.Arrays;

/**
 * Fits scale and zero-point levels to a sample, more of them than the bits of their indices would
 * allow if all were as frequent: entropy-constrained quantization (Chou, Lookabaugh and Gray). In
 * turns, groups choose their levels by error and by the price of the bits that an index takes at
 * its frequency; each level moves to where the groups that chose it have the least squared error
 * with the codes that they have then; and the price goes up or down until indices take the bits
 * that they may.
 */
final class LevelFit {

  private static final int TURNS = 12;

  /** How fast the price follows the bits that indices take too much. */
  private static final double FOLLOW = 0.25;

  /** What a bit may cost at most, of what a code's bit is worth. */
  private static final double DEAREST = 2.5;

  private static final double LN_2 = StrictMath.log(2);

  /** Bits of a level that nobody chose. */
  private static final float UNUSED = 40;

  private final AffineTrial trial;
  private final LevelChoice choice;
  private final Levels levels = new Levels();
  private double[] weights = new double[0];
  private float[] scales = new float[0];
  private float[] zeroPoints = new float[0];
  private float[] prices = new float[0];

  LevelFit(AffineTrial trial, LevelChoice choice) {
    this.trial = trial;
    this.choice = choice;
  }

  /**
   * Fits.
   *
   * @param mostScales scale levels to begin with; those that nobody chooses are given up
   * @param mostZeroPoints zero-point levels to begin with
   * @param indexBits bits that the indices of a group may take
   */
  LevelSet fit(
      GroupSample sample,
      int bits,
      LevelChoice.Trials trials,
      int mostScales,
      int mostZeroPoints,
      double indexBits) {
    LevelSet set = begin(sample, bits, mostScales, mostZeroPoints);
    double price = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      choose(sample, bits, trials, set, price);
      // A bit more for each weight's code divides its squared error by four.
      double worth = 2 * LN_2 * errorPerWeight(sample);
      double excess = entropy(sample, set) - indexBits;
      price = turn == 0 ? worth : price * StrictMath.exp(FOLLOW * excess);
      price = Math.min(price, DEAREST * worth);
      set = moved(sample, bits, set, price);
    }
    return set;
  }

  /** Levels spread over the scales and zero points that just cover ranges. */
  private LevelSet begin(GroupSample sample, int bits, int mostScales, int mostZeroPoints) {
    int n = sample.size();
    reserve(n);
    float share = 1f / ((1 << bits) - 1);
    for (int g = 0; g < n; g++) {
      scales[g] = (sample.most()[g] - sample.least()[g]) * share;
      zeroPoints[g] = -0.5f - 0.5f * (sample.most()[g] + sample.least()[g]) / scales[g];
      weights[g] = sample.importance()[g];
    }
    float[] s = levels.spread(scales, weights, n, mostScales, true);
    for (int g = 0; g < n; g++) {
      weights[g] *= (double) scales[g] * scales[g];
    }
    float[] z = levels.spread(zeroPoints, weights, n, mostZeroPoints, false);
    return new LevelSet(s, new float[s.length], z, new float[z.length], 0);
  }

  private void choose(
      GroupSample sample, int bits, LevelChoice.Trials trials, LevelSet set, double price) {
    for (int g = 0; g < sample.size(); g++) {
      prices[g] = (float) (price * sample.groups()[g] / sample.importance()[g]);
    }
    choice.open(set, bits, trials);
    choice.choose(sample.planes(), bits, sample.least(), sample.most(), 0, prices);
  }

  /** Mean of the squared error of the weights that the sample stands for. */
  private double errorPerWeight(GroupSample sample) {
    double error = 0;
    double groups = 0;
    for (int g = 0; g < sample.size(); g++) {
      error += sample.importance()[g] * choice.errors()[g];
      groups += sample.groups()[g];
    }
    return error / groups / sample.planes().weightsPerGroup();
  }

  /** Bits that the indices of a group take at their frequencies. */
  private double entropy(GroupSample sample, LevelSet set) {
    return entropy(frequencies(choice.scaleIndices(), set.scales().length, sample))
        + entropy(frequencies(choice.zeroPointIndices(), set.zeroPoints().length, sample));
  }

  private static double entropy(double[] frequencies) {
    double sum = 0;
    double total = 0;
    for (double frequency : frequencies) {
      sum += frequency == 0 ? 0 : frequency * StrictMath.log(frequency);
      total += frequency;
    }
    return (StrictMath.log(total) - sum / total) / LN_2;
  }

  private static double[] frequencies(int[] indices, int levels, GroupSample sample) {
    double[] frequencies = new double[levels];
    for (int g = 0; g < sample.size(); g++) {
      frequencies[indices[g]] += sample.groups()[g];
    }
    return frequencies;
  }

  /** Levels that somebody chose, moved to where those want them. */
  private LevelSet moved(GroupSample sample, int bits, LevelSet from, double price) {
    for (int g = 0; g < sample.size(); g++) {
      scales[g] = from.scales()[choice.scaleIndices()[g]];
      zeroPoints[g] = from.zeroPoints()[choice.zeroPointIndices()[g]];
    }
    trial.sums(sample.planes(), scales, zeroPoints, 0, bits);
    float[] s = movedScales(sample, from.scales());
    float[] z = movedZeroPoints(sample, from.zeroPoints(), s);
    float[] scaleBits = bits(choice.scaleIndices(), s.length, sample);
    float[] zeroPointBits = bits(choice.zeroPointIndices(), z.length, sample);
    int scaleCount = sortUsed(s, scaleBits);
    int zeroPointCount = sortUsed(z, zeroPointBits);
    return new LevelSet(
        Arrays.copyOf(s, scaleCount),
        Arrays.copyOf(scaleBits, scaleCount),
        Arrays.copyOf(z, zeroPointCount),
        Arrays.copyOf(zeroPointBits, zeroPointCount),
        (float) price);
  }

  /** Bits of an index at its frequency. */
  private static float[] bits(int[] indices, int levels, GroupSample sample) {
    double[] frequencies = frequencies(indices, levels, sample);
    double total = 0;
    for (double frequency : frequencies) {
      total += frequency;
    }
    float[] bits = new float[levels];
    for (int k = 0; k < levels; k++) {
      bits[k] =
          frequencies[k] == 0 ? UNUSED : (float) (StrictMath.log(total / frequencies[k]) / LN_2);
    }
    return bits;
  }

  /** Sorts levels that are used to the front, and says how many they are. */
  private static int sortUsed(float[] levels, float[] bits) {
    int size = 0;
    for (int k = 0; k < levels.length; k++) {
      float level = levels[k];
      float cost = bits[k];
      if (cost < UNUSED) {
        int at = size++;
        for (; at > 0 && levels[at - 1] > level; at--) {
          levels[at] = levels[at - 1];
          bits[at] = bits[at - 1];
        }
        levels[at] = level;
        bits[at] = cost;
      }
    }
    return size;
  }

  /** With u = code - zero point, by importance: the scale S(u w) / S(u u). */
  private float[] movedScales(GroupSample sample, float[] from) {
    double[] above = new double[from.length];
    double[] below = new double[from.length];
    for (int g = 0; g < sample.size(); g++) {
      double c = 0.5 + zeroPoints[g];
      double t = trial.codes()[g];
      double tt = trial.codeSquares()[g];
      double m = sample.planes().mass()[g];
      double product = trial.products()[g] + scales[g] * (0.5 * tt - c * t);
      double importance = sample.importance()[g];
      int k = choice.scaleIndices()[g];
      above[k] += importance * (0.5 * product - c * sum(g, m));
      below[k] += importance * (0.25 * tt - c * t + m * c * c);
    }
    float[] moved = from.clone();
    for (int k = 0; k < from.length; k++) {
      float level = (float) (above[k] / below[k]);
      if (level > 0 && Float.isFinite(level)) {
        moved[k] = level;
      }
    }
    return moved;
  }

  /** With the scales s moved already: the zero point S(s (s code - w)) / S(s s). */
  private float[] movedZeroPoints(GroupSample sample, float[] from, float[] movedScales) {
    double[] above = new double[from.length];
    double[] below = new double[from.length];
    for (int g = 0; g < sample.size(); g++) {
      double scale = movedScales[choice.scaleIndices()[g]];
      double weight = sample.importance()[g] * scale;
      int k = choice.zeroPointIndices()[g];
      double m = sample.planes().mass()[g];
      above[k] += weight * (0.5 * scale * trial.codes()[g] - sum(g, m));
      below[k] += weight * m * scale;
    }
    float[] moved = from.clone();
    for (int k = 0; k < from.length; k++) {
      if (below[k] > 0) {
        moved[k] = (float) (above[k] / below[k] - 0.5);
      }
    }
    return moved;
  }

  /** Sum of the group's weights, each by its importance. */
  private double sum(int g, double m) {
    return trial.residuals()[g] + scales[g] * (0.5 * trial.codes()[g] - m * (0.5 + zeroPoints[g]));
  }

  private void reserve(int n) {
    if (weights.length < n) {
      weights = new double[n];
      scales = new float[n];
      zeroPoints = new float[n];
      prices = new float[n];
    }
  }
}
