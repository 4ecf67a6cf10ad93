package io.arrowquant.benchmarks;

import java.nio.FloatBuffer;

/**
 * The product of a row of {@value #LENGTH} floats and a vector as fast as plain Java has it: a row
 * in eight stretches side by side, so that the loop over it is made of vectors. Of a length that is
 * no constant it takes a quarter longer. For one thread at a time.
 */
final class FloatProduct {

  static final int LENGTH = 11_008;

  private static final int STRETCHES = 8;
  private static final int STRETCH = LENGTH / STRETCHES;

  private final float[][] x = new float[STRETCHES][STRETCH];
  private final float[][] w = new float[STRETCHES][STRETCH];
  private final float[] sums = new float[STRETCH];

  FloatProduct(float[] vector) {
    for (int k = 0; k < STRETCHES; k++) {
      System.arraycopy(vector, k * STRETCH, x[k], 0, STRETCH);
    }
  }

  /** The product with the row that begins at a place of the buffer. */
  float of(FloatBuffer weights, int at) {
    for (int k = 0; k < STRETCHES; k++) {
      weights.get(at + k * STRETCH, w[k], 0, STRETCH);
    }
    float total = 0;
    for (int half = 0; half < STRETCHES; half += 4) {
      four(half);
      for (int i = 0; i < STRETCH; i += 16) {
        float a = sums[i] + sums[i + 8] + (sums[i + 4] + sums[i + 12]);
        float b = sums[i + 1] + sums[i + 9] + (sums[i + 5] + sums[i + 13]);
        float c = sums[i + 2] + sums[i + 10] + (sums[i + 6] + sums[i + 14]);
        float d = sums[i + 3] + sums[i + 11] + (sums[i + 7] + sums[i + 15]);
        total += a + b + (c + d);
      }
    }
    return total;
  }

  private void four(int k) {
    four(w[k], w[k + 1], w[k + 2], w[k + 3], x[k], x[k + 1], x[k + 2], x[k + 3], sums);
  }

  private static void four(
      float[] a,
      float[] b,
      float[] c,
      float[] d,
      float[] e,
      float[] f,
      float[] g,
      float[] h,
      float[] sums) {
    for (int i = 0; i < STRETCH; i++) {
      sums[i] = a[i] * e[i] + b[i] * f[i] + (c[i] * g[i] + d[i] * h[i]);
    }
  }
}
