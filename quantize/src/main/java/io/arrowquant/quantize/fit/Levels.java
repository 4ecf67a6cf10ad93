package io.arrowquant.quantize.fit;

import java.util.Arrays;

/**
 * Levels for values on one axis to begin with, a little denser where errors weigh more. A fixed
 * order of operations: same values, same levels.
 */
final class Levels {

  private static final int BINS = 256;

  /**
   * Levels are as dense as this power of the density of squared errors: the cube root would suit
   * indices of a fixed length (Panter and Dite), none at all those with an entropy code (Gish and
   * Pierce).
   */
  private static final double DENSITY = 0.15;

  private final double[] mass = new double[BINS];
  private long[] order = new long[0];
  private float[] sorted = new float[0];
  private double[] weights = new double[0];

  /**
   * Spreads levels.
   *
   * @param values finite
   * @param weight of each squared error
   * @param most levels at most
   * @param logarithmic whether levels are placed on a logarithmic axis; values are then positive
   * @return ascending, at least one
   */
  float[] spread(float[] values, double[] weight, int n, int most, boolean logarithmic) {
    sort(values, weight, n);
    float[] levels = distinct(n, most);
    return ascending(levels.length > most ? spread(n, most, logarithmic) : levels);
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
      weights = new double[n];
    }
    for (int i = 0; i < n; i++) {
      int bits = Float.floatToIntBits(values[i]);
      order[i] = (long) (bits ^ (bits >> 31) >>> 1) << 32 | i;
    }
    Arrays.sort(order, 0, n);
    for (int i = 0; i < n; i++) {
      int from = (int) order[i];
      sorted[i] = values[from];
      weights[i] = weight[from];
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
      mass[bin] += weights[i] * jacobian * jacobian;
    }
    double total = 0;
    for (int bin = 0; bin < BINS; bin++) {
      mass[bin] = StrictMath.pow(mass[bin], DENSITY);
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

  /** The bits of a positive float, read as an integer, are a piecewise linear logarithm of it. */
  private static double axis(float value, boolean logarithmic) {
    return logarithmic ? Float.floatToRawIntBits(value) : value;
  }

  private static float value(double axis, boolean logarithmic) {
    return logarithmic ? Float.intBitsToFloat((int) axis) : (float) axis;
  }
}
