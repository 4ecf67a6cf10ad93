package io.arrowquant.quantize.kernel;

/**
 * Whole groups laid out for loops over groups: the k-th weights of all lanes lie side by side in
 * plane k. A group is one lane, or, if it is larger than {@link #MAX_PLANES} weights, several
 * neighbouring ones. A short group repeats its weights until its lanes are full, which weighs all
 * of them about alike. Where weights differ in importance, it lies in planes of its own.
 */
public final class GroupPlanes {

  /** Most weights of a lane. */
  public static final int MAX_PLANES = 64;

  private static final float[] ONE = {1};

  private float[][] planes = new float[0][];
  private float[][] importance = new float[0][];
  private float[] mass = new float[0];
  private boolean weighted;
  private int lanes;
  private int lanesPerGroup;
  private int groups;

  /**
   * Makes room for at most {@code most} groups of {@code groupSize} weights, none of them there.
   *
   * @param weighted whether weights may differ in importance
   */
  public void open(int groupSize, int most, boolean weighted) {
    lanesPerGroup = (groupSize + MAX_PLANES - 1) / MAX_PLANES;
    int count = (groupSize + lanesPerGroup - 1) / lanesPerGroup;
    int width = Math.multiplyExact(most, lanesPerGroup);
    if (planes.length != count || planes[0].length < width) {
      planes = new float[count][width];
    }
    if (weighted && (importance.length != count || importance[0].length < width)) {
      importance = new float[count][width];
    }
    if (mass.length < most) {
      mass = new float[most];
    }
    this.weighted = weighted;
    lanes = 0;
    groups = 0;
  }

  /**
   * Adds the group {@code weights[from, from + n)}.
   *
   * @param columns importance of each column of the matrix; null if 1
   * @param column of the group's first weight
   */
  public void add(float[] weights, int from, int n, float[] columns, int column) {
    spread(weights, from, n, planes);
    mass[groups] = weightsPerGroup();
    if (weighted) {
      if (columns == null) {
        spread(ONE, 0, 1, importance);
      } else {
        spread(columns, column, n, importance);
        mass[groups] = sum();
      }
    }
    lanes += lanesPerGroup;
    groups++;
  }

  private void spread(float[] values, int from, int n, float[][] target) {
    int count = target.length;
    if (n == count && lanesPerGroup == 1) {
      for (int k = 0; k < count; k++) {
        target[k][lanes] = values[from + k];
      }
      return;
    }
    int i = 0;
    for (int lane = lanes; lane < lanes + lanesPerGroup; lane++) {
      for (int k = 0; k < count; k++) {
        target[k][lane] = values[from + i];
        i = i + 1 == n ? 0 : i + 1;
      }
    }
  }

  private float sum() {
    float sum = 0;
    for (int lane = lanes; lane < lanes + lanesPerGroup; lane++) {
      for (float[] plane : importance) {
        sum += plane[lane];
      }
    }
    return sum;
  }

  public int groups() {
    return groups;
  }

  /** Weights of a group, repeated ones included. */
  public int weightsPerGroup() {
    return planes.length * lanesPerGroup;
  }

  /** Sum of the importance of each group's weights, repeated ones included. */
  public float[] mass() {
    return mass;
  }

  float[][] planes() {
    return planes;
  }

  /** Importance of each weight; null if all have 1. */
  float[][] importance() {
    return weighted ? importance : null;
  }

  int lanes() {
    return lanes;
  }

  int lanesPerGroup() {
    return lanesPerGroup;
  }
}
