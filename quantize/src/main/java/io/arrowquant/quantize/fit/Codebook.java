package io.arrowquant.quantize.fit;

import java.util.Arrays;

/**
 * At most 256 levels, ascending, and the level's index of each of many values. Fitting moves the
 * values to their levels. NaN stands for "any level will do" and becomes the least one. Everything
 * here is integer or correctly rounded arithmetic in a fixed order: same values, same codebook.
 */
final class Codebook {

  /** Most levels: an index fits a byte. */
  static final int MAX_LEVELS = 256;

  private static final int MAX_BINS = 1 << 13;
  private static final int SMOOTHING = 8;
  private static final int SAMPLES = 1 << 12;
  private static final int SLOTS = 1 << 10;

  private final float[] levels = new float[MAX_LEVELS];
  private int size;
  private byte[] indices = new byte[0];

  private final int[] slots = new int[SLOTS];
  private final int[] slotIndices = new int[SLOTS];
  private final int[] histogram = new int[MAX_BINS];
  private final int[] cells = new int[MAX_BINS];
  private final int[] greatest = new int[MAX_LEVELS];
  private final int[] remap = new int[MAX_LEVELS];

  /** Levels in use. */
  int size() {
    return size;
  }

  /** The levels; only the first {@link #size()} are in use. */
  float[] levels() {
    return levels;
  }

  /** Index of each value's level, as an unsigned byte. */
  byte[] indices() {
    return indices;
  }

  /**
   * Takes levels that were fitted elsewhere, for {@code n} values whose {@link #indices()} the
   * caller then sets.
   */
  void take(float[] ascending, int n) {
    reserve(n);
    size = ascending.length;
    System.arraycopy(ascending, 0, levels, 0, size);
  }

  /**
   * Takes the values themselves as levels, if there are no more than 256 different ones.
   *
   * @return false if there are more; the codebook is then undefined and the values are untouched
   */
  boolean fitExactly(float[] values, int n) {
    reserve(n);
    Arrays.fill(slotIndices, -1);
    size = 0;
    for (int i = 0; i < n; i++) {
      float value = values[i];
      if (Float.isNaN(value)) {
        continue;
      }
      int bits = Float.floatToRawIntBits(value);
      int slot = bits * 0x9E3779B1 >>> 22;
      while (slotIndices[slot] >= 0 && slots[slot] != bits) {
        slot = slot + 1 & SLOTS - 1;
      }
      if (slotIndices[slot] < 0) {
        if (size == MAX_LEVELS) {
          return false;
        }
        slots[slot] = bits;
        slotIndices[slot] = size;
        levels[size++] = value;
      }
      indices[i] = (byte) slotIndices[slot];
    }
    sortLevels();
    settle(values, n);
    return true;
  }

  /**
   * Fits levels to positive values on a logarithmic axis, values rounded up, so that a range made
   * from a level always covers the range that was asked for. Levels are densest where the values
   * are: in proportion to the square root of their density, which minimises the mean excess.
   *
   * @return mean of (level / value)^2 - 1, the relative growth of the quantization error's power,
   *     from a few thousand of them
   */
  double fitUpwards(float[] values, int n) {
    reserve(n);
    // The bits of a positive float, read as an integer, are a piecewise linear logarithm of it.
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int i = 0; i < n; i++) {
      if (!Float.isNaN(values[i])) {
        int bits = Float.floatToRawIntBits(values[i]);
        least = Math.min(least, bits);
        most = Math.max(most, bits);
      }
    }
    int shift = Math.max(0, 32 - Integer.numberOfLeadingZeros(most - least) - 13);
    int bins = (most - least >> shift) + 1;
    Arrays.fill(histogram, 0);
    for (int i = 0; i < n; i++) {
      if (!Float.isNaN(values[i])) {
        histogram[Float.floatToRawIntBits(values[i]) - least >> shift]++;
      }
    }
    divideIntoCells(bins);
    Arrays.fill(greatest, 0);
    for (int i = 0; i < n; i++) {
      if (!Float.isNaN(values[i])) {
        int bits = Float.floatToRawIntBits(values[i]);
        int cell = cells[bits - least >> shift];
        greatest[cell] = Math.max(greatest[cell], bits);
        indices[i] = (byte) cell;
      }
    }
    size = 0;
    for (int cell = 0; cell < MAX_LEVELS; cell++) {
      if (greatest[cell] != 0) {
        remap[cell] = size;
        levels[size++] = Float.intBitsToFloat(greatest[cell]);
      }
    }
    double excess = 0;
    int stride = n / SAMPLES + 1;
    for (int i = 0; i < n; i += stride) {
      if (!Float.isNaN(values[i])) {
        double ratio = levels[remap[indices[i] & 0xff]] / (double) values[i];
        excess += ratio * ratio - 1;
      }
    }
    settle(values, n);
    return excess * stride / n;
  }

  /**
   * Snaps the values to the nearest multiple of the finest power of two that leaves at most 256
   * levels between the least and the greatest. Integers stay integers.
   *
   * @param values in [-128, 128), none of them NaN
   * @return mean of the squared snap, in steps of the code
   */
  double fitEvenly(float[] values, int n) {
    reserve(n);
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      least = Math.min(least, values[i]);
      most = Math.max(most, values[i]);
    }
    float perStep = 1 << 12;
    while (Math.rint(most * perStep) - Math.rint(least * perStep) >= MAX_LEVELS) {
      perStep /= 2;
    }
    int first = (int) Math.rint(least * perStep);
    Arrays.fill(greatest, 0);
    double squares = 0;
    for (int i = 0; i < n; i++) {
      int level = (int) Math.rint(values[i] * perStep) - first;
      float miss = values[i] - (level + first) / perStep;
      squares += miss * miss;
      greatest[level] = 1;
      indices[i] = (byte) level;
    }
    size = 0;
    for (int level = 0; level < MAX_LEVELS; level++) {
      if (greatest[level] != 0) {
        remap[level] = size;
        levels[size++] = (level + first) / perStep;
      }
    }
    settle(values, n);
    return squares / n;
  }

  private void reserve(int n) {
    if (indices.length < n) {
      indices = new byte[n];
    }
  }

  private void divideIntoCells(int bins) {
    double total = 0;
    for (int from = 0; from < bins; from += SMOOTHING) {
      total += SMOOTHING * rootDensity(from);
    }
    double before = 0;
    for (int from = 0; from < bins; from += SMOOTHING) {
      double density = rootDensity(from);
      for (int bin = from; bin < Math.min(bins, from + SMOOTHING); bin++) {
        cells[bin] = Math.min(MAX_LEVELS - 1, (int) (before / total * MAX_LEVELS));
        before += density;
      }
    }
  }

  private double rootDensity(int from) {
    int count = 0;
    for (int bin = from; bin < from + SMOOTHING; bin++) {
      count += histogram[bin];
    }
    return Math.sqrt(count);
  }

  /** Sorts levels found in any order; {@code remap} then leads from the old place to the new. */
  private void sortLevels() {
    float[] found = Arrays.copyOf(levels, size);
    Arrays.sort(levels, 0, size);
    for (int i = 0; i < size; i++) {
      remap[i] = Arrays.binarySearch(levels, 0, size, found[i]);
    }
  }

  private void settle(float[] values, int n) {
    if (size == 0) {
      levels[size++] = 1;
    }
    for (int i = 0; i < n; i++) {
      int index = Float.isNaN(values[i]) ? 0 : remap[indices[i] & 0xff];
      indices[i] = (byte) index;
      values[i] = levels[index];
    }
  }
}
