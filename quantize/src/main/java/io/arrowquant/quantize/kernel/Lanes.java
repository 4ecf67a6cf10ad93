package io.arrowquant.quantize.kernel;

/**
 * Arithmetic on arrays, element by element from the first on. Every loop writes one array and reads
 * all at the same place, which is what the JIT compiler vectorizes; sums of several products are
 * added in pairs, and never fused.
 */
final class Lanes {

  private Lanes() {}

  static void clear(float[] a, int n) {
    for (int i = 0; i < n; i++) {
      a[i] = 0;
    }
  }

  static void invert(float[] a, float[] inverse, int n) {
    for (int i = 0; i < n; i++) {
      inverse[i] = 1 / a[i];
    }
  }

  static void multiply(float[] a, float[] b, float[] product, int n) {
    for (int i = 0; i < n; i++) {
      product[i] = a[i] * b[i];
    }
  }

  static void add(float[] a, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i];
    }
  }

  static void add(float[] a, float[] b, float[] c, float[] d, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i] + b[i] + (c[i] + d[i]);
    }
  }

  static void addSquares(float[] a, float[] b, float[] c, float[] d, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i] * a[i] + b[i] * b[i] + (c[i] * c[i] + d[i] * d[i]);
    }
  }

  /** Adds {@code a x}. */
  static void addProducts(float[] a, float[] x, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i] * x[i];
    }
  }

  /** Adds {@code a x + b y}. */
  static void addProducts(float[] a, float[] b, float[] x, float[] y, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i] * x[i] + b[i] * y[i];
    }
  }

  /** Adds {@code a w + b x + (c y + d z)}. */
  static void addProducts(
      float[] a,
      float[] b,
      float[] c,
      float[] d,
      float[] w,
      float[] x,
      float[] y,
      float[] z,
      float[] sum,
      int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i] * w[i] + b[i] * x[i] + (c[i] * y[i] + d[i] * z[i]);
    }
  }
}
