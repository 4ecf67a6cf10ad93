package io.arrowquant.quantize.multiply;

import java.util.Arrays;

/**
 * Sums of code times x within lanes. Every loop runs over arrays from their starts with one index,
 * which is the form that the JIT compiler turns into vector instructions.
 */
final class LaneSums {

  private LaneSums() {}

  /**
   * Sets {@code sums[p][i]} to the sum over the codes {@code k} of part {@code p} of lane {@code i}
   * of {@code code * x[k][i]}.
   *
   * @param ints for each integer of a lane, that of each lane
   * @param x for each code of a lane, what it is multiplied with in each lane
   * @param n lanes
   */
  static void sum(LaneShape shape, int[][] ints, float[][] x, float[][] sums, int n) {
    for (float[] part : sums) {
      Arrays.fill(part, 0, n, 0);
    }
    int bits = shape.bits();
    int perPart = shape.codes() / sums.length;
    int k = 0;
    while (k < shape.codes()) {
      int q = k * bits >>> 5;
      int shift = k * bits & 31;
      float[] part = sums[k / perPart];
      if (shift + bits > Integer.SIZE) {
        straddling(ints[q], ints[q + 1], shift, (1 << bits) - 1, x[k], part, n);
        k++;
      } else if (shift + 4 * bits <= Integer.SIZE && k % perPart + 4 <= perPart) {
        four(ints[q], shift, bits, x[k], x[k + 1], x[k + 2], x[k + 3], part, n);
        k += 4;
      } else {
        one(ints[q], shift, (1 << bits) - 1, x[k], part, n);
        k++;
      }
    }
  }

  private static void four(
      int[] ints,
      int shift,
      int bits,
      float[] x0,
      float[] x1,
      float[] x2,
      float[] x3,
      float[] sums,
      int n) {
    int mask = (1 << bits) - 1;
    int shift1 = shift + bits;
    int shift2 = shift1 + bits;
    int shift3 = shift2 + bits;
    for (int i = 0; i < n; i++) {
      int v = ints[i];
      sums[i] +=
          (v >>> shift & mask) * x0[i]
              + (v >>> shift1 & mask) * x1[i]
              + ((v >>> shift2 & mask) * x2[i] + (v >>> shift3 & mask) * x3[i]);
    }
  }

  private static void one(int[] ints, int shift, int mask, float[] x, float[] sums, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += (ints[i] >>> shift & mask) * x[i];
    }
  }

  private static void straddling(
      int[] low, int[] high, int shift, int mask, float[] x, float[] sums, int n) {
    int up = Integer.SIZE - shift;
    for (int i = 0; i < n; i++) {
      sums[i] += ((low[i] >>> shift | high[i] << up) & mask) * x[i];
    }
  }

  /** The sum of {@code n} neighbours, as a tree: a chain of additions would wait for each. */
  static float total(float[] a, int from, int n) {
    float total = 0;
    int i = from;
    int end = from + n;
    for (; i + 16 <= end; i += 16) {
      total += eight(a, i) + eight(a, i + 8);
    }
    if (i + 8 <= end) {
      total += eight(a, i);
      i += 8;
    }
    if (i + 4 <= end) {
      total += (a[i] + a[i + 1]) + (a[i + 2] + a[i + 3]);
      i += 4;
    }
    for (; i < end; i++) {
      total += a[i];
    }
    return total;
  }

  private static float eight(float[] a, int i) {
    return ((a[i] + a[i + 4]) + (a[i + 1] + a[i + 5]))
        + ((a[i + 2] + a[i + 6]) + (a[i + 3] + a[i + 7]));
  }
}
