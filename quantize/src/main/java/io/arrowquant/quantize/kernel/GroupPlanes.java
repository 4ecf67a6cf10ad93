package io.arrowquant.quantize.kernel;

/**
 * Whole groups laid out for loops over groups: the k-th weights of all lanes lie side by side in
 * plane k. A group is one lane, or, if it is larger than {@link #MAX_PLANES} weights, several
 * neighbouring ones. A short group repeats its weights until its lanes are full, which weighs all
 * of them about alike.
 */
public final class GroupPlanes {

  /** Most weights of a lane. */
  public static final int MAX_PLANES = 64;

  private float[][] planes = new float[0][];
  private int lanes;
  private int lanesPerGroup;
  private int groups;

  /**
   * Makes room for at most {@code most} groups of {@code groupSize} weights, none of them there.
   */
  public void open(int groupSize, int most) {
    lanesPerGroup = (groupSize + MAX_PLANES - 1) / MAX_PLANES;
    int count = (groupSize + lanesPerGroup - 1) / lanesPerGroup;
    int width = Math.multiplyExact(most, lanesPerGroup);
    if (planes.length != count || planes[0].length < width) {
      planes = new float[count][width];
    }
    lanes = 0;
    groups = 0;
  }

  /** Adds the group {@code weights[from, from + n)}. */
  public void add(float[] weights, int from, int n) {
    int count = planes.length;
    if (n == count && lanesPerGroup == 1) {
      for (int k = 0; k < count; k++) {
        planes[k][lanes] = weights[from + k];
      }
      lanes++;
    } else {
      int i = 0;
      for (int end = lanes + lanesPerGroup; lanes < end; lanes++) {
        for (int k = 0; k < count; k++) {
          planes[k][lanes] = weights[from + i];
          i = i + 1 == n ? 0 : i + 1;
        }
      }
    }
    groups++;
  }

  public int groups() {
    return groups;
  }

  /** Weights of a group, repeated ones included. */
  public int weightsPerGroup() {
    return planes.length * lanesPerGroup;
  }

  float[][] planes() {
    return planes;
  }

  int lanes() {
    return lanes;
  }

  int lanesPerGroup() {
    return lanesPerGroup;
  }
}
