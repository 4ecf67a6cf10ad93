package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.AffineTrial;
import java.util.Arrays;

/**
 * Fits scale and zero-point levels to a sample: first to the scales and zero points that its groups
 * have by themselves; then, in turns, groups choose their levels, and each level moves to where the
 * groups that chose it have the least squared error with the codes that they have then.
 */
final class LevelFit {

  /**
   * Levels and what they come to.
   *
   * @param error weighted squared error of the sample
   * @param indexBits entropy of a group's two indices
   */
  record Fitted(float[] scaleLevels, float[] zeroPointLevels, double error, double indexBits) {}

  private final AffineTrial trial;
  private final LevelChoice choice;
  private final Levels levels = new Levels();
  private double[] weights = new double[0];
  private float[] scales = new float[0];
  private float[] zeroPoints = new float[0];

  LevelFit(AffineTrial trial, LevelChoice choice) {
    this.trial = trial;
    this.choice = choice;
  }

  /** Fits levels to the scales and zero points as they are. */
  Fitted begin(GroupSample sample, int bits, LevelCounts counts, int reach) {
    int n = sample.size();
    reserve(n);
    System.arraycopy(sample.importance(), 0, weights, 0, n);
    float[] s = levels.fit(sample.scales(), weights, n, counts.scales(), true);
    for (int g = 0; g < n; g++) {
      weights[g] *= (double) sample.scales()[g] * sample.scales()[g];
    }
    float[] z = levels.fit(sample.zeroPoints(), weights, n, counts.zeroPoints(), false);
    return measured(sample, bits, s, z, reach);
  }

  /** Moves levels once to where their groups want them. */
  Fitted improve(GroupSample sample, int bits, Fitted from, int reach) {
    choose(sample, bits, from.scaleLevels, from.zeroPointLevels, reach);
    for (int g = 0; g < sample.size(); g++) {
      scales[g] = from.scaleLevels[choice.scaleIndices()[g]];
      zeroPoints[g] = from.zeroPointLevels[choice.zeroPointIndices()[g]];
    }
    trial.sums(sample.planes(), scales, zeroPoints, 0, bits);
    float[] s = movedScales(sample, from.scaleLevels);
    float[] z = movedZeroPoints(sample, from.zeroPointLevels, s);
    Fitted moved = measured(sample, bits, Levels.ascending(s), Levels.ascending(z), reach);
    return moved.error < from.error ? moved : from;
  }

  private Fitted measured(GroupSample sample, int bits, float[] s, float[] z, int reach) {
    choose(sample, bits, s, z, reach);
    double error = 0;
    for (int g = 0; g < sample.size(); g++) {
      error += sample.importance()[g] * choice.errors()[g];
    }
    double indexBits =
        entropy(choice.scaleIndices(), s.length, sample)
            + entropy(choice.zeroPointIndices(), z.length, sample);
    return new Fitted(s, z, error, indexBits);
  }

  private static double entropy(int[] indices, int levels, GroupSample sample) {
    double[] frequencies = new double[levels];
    double total = 0;
    for (int g = 0; g < sample.size(); g++) {
      frequencies[indices[g]] += sample.groups()[g];
      total += sample.groups()[g];
    }
    double bits = 0;
    for (double frequency : frequencies) {
      bits -= frequency == 0 ? 0 : frequency / total * StrictMath.log(frequency / total);
    }
    return bits / StrictMath.log(2);
  }

  private void choose(GroupSample sample, int bits, float[] s, float[] z, int reach) {
    choice.open(s, z);
    choice.choose(sample.planes(), bits, sample.scales(), sample.zeroPoints(), 0, reach);
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
    }
    Arrays.fill(weights, 0);
  }
}
