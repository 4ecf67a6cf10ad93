package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.AffineTrial;
import io.arrowquant.quantize.kernel.GroupPlanes;
import java.util.Arrays;

/**
 * Gives each group the scale level and the zero-point level that leave the least error when its
 * codes are chosen anew: of the scale levels around its own scale, each with the zero point that
 * keeps its offset, then of the levels beside.
 */
final class LevelChoice {

  private final AffineTrial trial;
  private final LevelIndex scaleIndex = new LevelIndex();
  private final LevelIndex zeroPointIndex = new LevelIndex();
  private float[] scales = new float[0];
  private float[] zeroPoints = new float[0];
  private float[] errors = new float[0];
  private int[] chosenScales = new int[0];
  private int[] chosenZeroPoints = new int[0];
  private int[] nearestScales = new int[0];
  private int[] triedScales = new int[0];
  private int[] triedZeroPoints = new int[0];

  LevelChoice(AffineTrial trial) {
    this.trial = trial;
  }

  /** Sets the levels to choose from, ascending. */
  void open(float[] scaleLevels, float[] zeroPointLevels) {
    scaleIndex.open(scaleLevels);
    zeroPointIndex.open(zeroPointLevels);
  }

  float[] scaleLevels() {
    return scaleIndex.levels();
  }

  float[] zeroPointLevels() {
    return zeroPointIndex.levels();
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
   * @param ownScales positive, from {@code first} on
   * @param ownZeroPoints zero points that go with them
   * @param reach how many levels away from the nearest are tried
   */
  void choose(
      GroupPlanes groups,
      int bits,
      float[] ownScales,
      float[] ownZeroPoints,
      int first,
      int reach) {
    int n = groups.groups();
    reserve(n);
    for (int g = 0; g < n; g++) {
      nearestScales[g] = scaleIndex.nearest(ownScales[first + g]);
    }
    Arrays.fill(errors, 0, n, Float.POSITIVE_INFINITY);
    for (int away = -reach; away <= reach; away++) {
      for (int g = 0; g < n; g++) {
        int s = scaleIndex.clamp(nearestScales[g] + away);
        float scale = scaleIndex.level(s);
        float centre = (ownZeroPoints[first + g] + 0.5f) * ownScales[first + g];
        int z = zeroPointIndex.nearest(centre / scale - 0.5f);
        propose(g, s, z);
      }
      keepBetter(groups, bits);
    }
    // From where a step to one side was better, the next leads further.
    for (int i = 0; i < (bits == 3 || bits == 4 ? 1 : 2); i++) {
      tryBeside(groups, bits, 0, 1);
      tryBeside(groups, bits, 0, -1);
      if (bits == 2 && i == 0) {
        tryBeside(groups, bits, 1, 0);
        tryBeside(groups, bits, -1, 0);
      }
    }
  }

  private void tryBeside(GroupPlanes groups, int bits, int scalesAway, int zeroPointsAway) {
    for (int g = 0; g < groups.groups(); g++) {
      propose(
          g,
          scaleIndex.clamp(chosenScales[g] + scalesAway),
          zeroPointIndex.clamp(chosenZeroPoints[g] + zeroPointsAway));
    }
    keepBetter(groups, bits);
  }

  private void propose(int g, int s, int z) {
    triedScales[g] = s;
    triedZeroPoints[g] = z;
    scales[g] = scaleIndex.level(s);
    zeroPoints[g] = zeroPointIndex.level(z);
  }

  private void keepBetter(GroupPlanes groups, int bits) {
    trial.errors(groups, scales, zeroPoints, 0, bits);
    float[] tried = trial.errors();
    for (int g = 0; g < groups.groups(); g++) {
      if (tried[g] < errors[g]) {
        errors[g] = tried[g];
        chosenScales[g] = triedScales[g];
        chosenZeroPoints[g] = triedZeroPoints[g];
      }
    }
  }

  private void reserve(int n) {
    if (scales.length < n) {
      scales = new float[n];
      zeroPoints = new float[n];
      errors = new float[n];
      chosenScales = new int[n];
      chosenZeroPoints = new int[n];
      nearestScales = new int[n];
      triedScales = new int[n];
      triedZeroPoints = new int[n];
    }
  }
}
