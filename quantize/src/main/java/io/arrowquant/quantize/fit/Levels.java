package io.arrowquant.quantize.fit;

import java.util.Arrays;

/**
 * Levels for values on one axis, placed where they leave the least weighted squared error: first in
 * proportion to the cube root of the density (Panter and Dite), then by iterations of Lloyd's. A
 * fixed order of operations: same values, same levels.
 */
final class Levels {

  private static final int BINS = 256;
  private static final int ITERATIONS = 30;

  private final double[] mass = new double[BINS];
  private long[] order = new long[0];
  private float[] sorted = new float[0];
  private double[] weights = new double[0];
  private double[] moments = new double[0];

  /**
   * Fits levels.
   *
   * @param values finite
   * @param weight of each squared error
   * @param most levels at most
   * @param logarithmic whether levels are placed on a logarithmic axis at first; values are then
   *     positive
   * @return ascending, at least one
   */
  float[] fit(float[] values, double[] weight, int n, int most, boolean logarithmic) {
    sort(values, weight, n);
    float[] levels = distinct(n, most);
    if (levels.length > most) {
      levels = spread(n, most, logarithmic);
      for (int i = 0; i < ITERATIONS; i++) {
        centre(levels, n);
      }
    }
    return ascending(levels);
  }

  /** Index of the level nearest to the value. */
  static int nearest(float[] levels, float value) {
    int low = 0;
    int high = levels.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (value > 0.5f * (levels[middle] + levels[middle + 1])) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Sorted, and without repetitions. */
  static float[] ascending(float[] levels) {
    float[] sorted = levels.clone();
    Arrays.sort(sorted);
    int size = 1;
    for (int i = 1; i < sorted.length; i++) {
      if (sorted[i] != sorted[size - 1]) {
        sorted[size++] = sorted[i];
      }
    }
    return Arrays.copyOf(sorted, size);
  }

  private void sort(float[] values, double[] weight, int n) {
    if (order.length < n) {
      order = new long[n];
      sorted = new float[n];
      weights = new double[n + 1];
      moments = new double[n + 1];
    }
    for (int i = 0; i < n; i++) {
      int bits = Float.floatToIntBits(values[i]);
      order[i] = (long) (bits ^ (bits >> 31) >>> 1) << 32 | i;
    }
    Arrays.sort(order, 0, n);
    for (int i = 0; i < n; i++) {
      int from = (int) order[i];
      sorted[i] = values[from];
      weights[i + 1] = weights[i] + weight[from];
      moments[i + 1] = moments[i] + weight[from] * values[from];
    }
  }

  /** The values themselves, at most one more of them than asked for. */
  private float[] distinct(int n, int most) {
    float[] levels = new float[most + 1];
    int size = 0;
    for (int i = 0; i < n && size <= most; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        levels[size++] = sorted[i];
      }
    }
    return Arrays.copyOf(levels, size);
  }

  private float[] spread(int n, int most, boolean logarithmic) {
    double least = axis(sorted[0], logarithmic);
    double width = (axis(sorted[n - 1], logarithmic) - least) / BINS;
    Arrays.fill(mass, 0);
    for (int i = 0; i < n; i++) {
      double jacobian = logarithmic ? sorted[i] : 1;
      int bin = (int) Math.min(BINS - 1, (axis(sorted[i], logarithmic) - least) / width);
      mass[bin] += (weights[i + 1] - weights[i]) * jacobian * jacobian;
    }
    double total = 0;
    for (int bin = 0; bin < BINS; bin++) {
      mass[bin] = StrictMath.cbrt(mass[bin]);
      total += mass[bin];
    }
    float[] levels = new float[most];
    double before = 0;
    int bin = 0;
    for (int k = 0; k < most; k++) {
      double target = (k + 0.5) / most * total;
      while (bin < BINS - 1 && before + mass[bin] < target) {
        before += mass[bin++];
      }
      double inside = mass[bin] > 0 ? Math.min(1, (target - before) / mass[bin]) : 0.5;
      levels[k] = value(least + width * (bin + inside), logarithmic);
    }
    return levels;
  }

  /** Moves each level to the centroid of the values nearest to it. */
  private void centre(float[] levels, int n) {
    int from = 0;
    for (int k = 0; k < levels.length; k++) {
      int to = k == levels.length - 1 ? n : firstAbove(0.5f * (levels[k] + levels[k + 1]), from, n);
      double weight = weights[to] - weights[from];
      if (weight > 0) {
        levels[k] = (float) ((moments[to] - moments[from]) / weight);
      }
      from = to;
    }
  }

  private int firstAbove(float border, int from, int n) {
    int low = from;
    int high = n;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] > border) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** The bits of a positive float, read as an integer, are a piecewise linear logarithm of it. */
  private static double axis(float value, boolean logarithmic) {
    return logarithmic ? Float.floatToRawIntBits(value) : value;
  }

  private static float value(double axis, boolean logarithmic) {
    return logarithmic ? Float.intBitsToFloat((int) axis) : (float) axis;
  }
}
