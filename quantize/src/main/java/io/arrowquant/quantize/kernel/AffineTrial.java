package io.arrowquant.quantize.kernel;

/**
 * Rounds groups with scales and zero points on trial, and sums up what a least-squares refit needs.
 * A code c enters as the odd number {@code t = 2c + 1}, which lies symmetrically around zero, and
 * weights by their residuals {@code r = w - w'}: so float32 sums suffice at 8 bits too. All sums
 * are weighted by the importance v that weights may have; at v = 1 they are those without, bit by
 * bit. One instance per thread.
 */
public final class AffineTrial {

  private float[] inverse = new float[0];
  private float[] shift = new float[0];
  private float[] slope = new float[0];
  private float[] offset = new float[0];
  private float[] codes = new float[0];
  private float[] codeSquares = new float[0];
  private float[] residuals = new float[0];
  private float[] products = new float[0];
  private float[] errors = new float[0];
  private float[][] t = new float[4][0];
  private float[][] r = new float[4][0];
  private float[][] vt = new float[4][0];
  private float[][] vr = new float[4][0];

  /** Sum of v t of each group. */
  public float[] codes() {
    return codes;
  }

  /** Sum of v t^2. */
  public float[] codeSquares() {
    return codeSquares;
  }

  /** Sum of v r. */
  public float[] residuals() {
    return residuals;
  }

  /** Sum of v t r. */
  public float[] products() {
    return products;
  }

  /** Sum of v r^2. */
  public float[] errors() {
    return errors;
  }

  /** All sums of each group, under its scale and zero point from {@code first} on. */
  public void sums(GroupPlanes groups, float[] scales, float[] zeroPoints, int first, int bits) {
    int n = prepare(groups, scales, zeroPoints, first);
    Lanes.clear(codes, n);
    Lanes.clear(codeSquares, n);
    Lanes.clear(residuals, n);
    Lanes.clear(products, n);
    Lanes.clear(errors, n);
    float half = 1 << (bits - 1);
    float[][] w = groups.planes();
    float[][] v = groups.importance();
    for (int k = 0; k < w.length; k += 4) {
      int planes = Math.min(4, w.length - k);
      for (int j = 0; j < planes; j++) {
        round(w[k + j], inverse, shift, half, t[j], n);
        miss(w[k + j], t[j], slope, offset, r[j], n);
      }
      if (v != null) {
        for (int j = 0; j < planes; j++) {
          Lanes.multiply(v[k + j], t[j], vt[j], n);
          Lanes.multiply(v[k + j], r[j], vr[j], n);
        }
        add(vt, vr, planes, n);
      } else if (planes == 4) {
        Lanes.add(t[0], t[1], t[2], t[3], codes, n);
        Lanes.add(r[0], r[1], r[2], r[3], residuals, n);
        Lanes.addSquares(t[0], t[1], t[2], t[3], codeSquares, n);
        Lanes.addSquares(r[0], r[1], r[2], r[3], errors, n);
        Lanes.addProducts(t[0], t[1], r[0], r[1], products, n);
        Lanes.addProducts(t[2], t[3], r[2], r[3], products, n);
      } else {
        add(t, r, planes, n);
      }
    }
    if (groups.lanesPerGroup() > 1) {
      fold(codes, groups);
      fold(codeSquares, groups);
      fold(residuals, groups);
      fold(products, groups);
      fold(errors, groups);
    }
  }

  /** Adds up planes that were multiplied by their importance already, in the same order. */
  private void add(float[][] vt, float[][] vr, int planes, int n) {
    if (planes == 4) {
      Lanes.add(vt[0], vt[1], vt[2], vt[3], codes, n);
      Lanes.add(vr[0], vr[1], vr[2], vr[3], residuals, n);
      Lanes.addProducts(vt[0], vt[1], vt[2], vt[3], t[0], t[1], t[2], t[3], codeSquares, n);
      Lanes.addProducts(vr[0], vr[1], vr[2], vr[3], r[0], r[1], r[2], r[3], errors, n);
      Lanes.addProducts(vt[0], vt[1], r[0], r[1], products, n);
      Lanes.addProducts(vt[2], vt[3], r[2], r[3], products, n);
    } else {
      for (int j = 0; j < planes; j++) {
        Lanes.add(vt[j], codes, n);
        Lanes.add(vr[j], residuals, n);
        Lanes.addProducts(vt[j], t[j], codeSquares, n);
        Lanes.addProducts(vr[j], r[j], errors, n);
        Lanes.addProducts(vt[j], r[j], products, n);
      }
    }
  }

  /** Only {@link #errors()}. */
  public void errors(GroupPlanes groups, float[] scales, float[] zeroPoints, int first, int bits) {
    int n = prepare(groups, scales, zeroPoints, first);
    Lanes.clear(errors, n);
    float half = 1 << (bits - 1);
    float[][] w = groups.planes();
    float[][] v = groups.importance();
    for (int k = 0; k < w.length; k++) {
      if (v == null) {
        addErrors(w[k], inverse, shift, half, errors, n);
      } else {
        addErrors(w[k], v[k], inverse, shift, half, errors, n);
      }
    }
    unscale(slope, errors, n);
    if (groups.lanesPerGroup() > 1) {
      fold(errors, groups);
    }
  }

  private int prepare(GroupPlanes groups, float[] scales, float[] zeroPoints, int first) {
    int n = groups.lanes();
    if (inverse.length < n) {
      inverse = new float[n];
      shift = new float[n];
      slope = new float[n];
      offset = new float[n];
      codes = new float[n];
      codeSquares = new float[n];
      residuals = new float[n];
      products = new float[n];
      errors = new float[n];
      t = new float[4][n];
      r = new float[4][n];
    }
    if (groups.importance() != null && vt[0].length < n) {
      vt = new float[4][n];
      vr = new float[4][n];
    }
    int each = groups.lanesPerGroup();
    if (each == 1) {
      System.arraycopy(scales, first, slope, 0, n);
      System.arraycopy(zeroPoints, first, shift, 0, n);
    } else {
      for (int lane = 0; lane < n; lane++) {
        slope[lane] = scales[first + lane / each];
        shift[lane] = zeroPoints[first + lane / each];
      }
    }
    Lanes.invert(slope, inverse, n);
    place(slope, shift, offset, n);
    halve(slope, n);
    return n;
  }

  /** What the code -1/2 stands for. */
  private static void place(float[] scale, float[] zeroPoint, float[] offset, int n) {
    for (int i = 0; i < n; i++) {
      offset[i] = (-0.5f - zeroPoint[i]) * scale[i];
    }
  }

  private static void halve(float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      slope[i] *= 0.5f;
    }
  }

  private static void round(
      float[] w, float[] inverse, float[] shift, float half, float[] t, int n) {
    float less = half - 1;
    for (int i = 0; i < n; i++) {
      float p = w[i] * inverse[i] + shift[i] + Rounding.SHIFT - Rounding.SHIFT;
      // 2p + 1 between the least and the greatest code, and constant beyond.
      t[i] = Math.abs(p + half) - Math.abs(p - less);
    }
  }

  private static void miss(float[] w, float[] t, float[] slope, float[] offset, float[] r, int n) {
    for (int i = 0; i < n; i++) {
      r[i] = w[i] - (t[i] * slope[i] + offset[i]);
    }
  }

  /** In units of the code, which takes fewer operations; see {@link #unscale}. */
  private static void addErrors(
      float[] w, float[] inverse, float[] shift, float half, float[] errors, int n) {
    float less = half - 1;
    for (int i = 0; i < n; i++) {
      float u = w[i] * inverse[i] + shift[i];
      float p = u + Rounding.SHIFT - Rounding.SHIFT;
      float t = Math.abs(p + half) - Math.abs(p - less);
      float r = u - 0.5f * t + 0.5f;
      errors[i] += r * r;
    }
  }

  private static void addErrors(
      float[] w, float[] v, float[] inverse, float[] shift, float half, float[] errors, int n) {
    float less = half - 1;
    for (int i = 0; i < n; i++) {
      float u = w[i] * inverse[i] + shift[i];
      float p = u + Rounding.SHIFT - Rounding.SHIFT;
      float t = Math.abs(p + half) - Math.abs(p - less);
      float r = u - 0.5f * t + 0.5f;
      errors[i] += v[i] * r * r;
    }
  }

  private static void unscale(float[] slope, float[] errors, int n) {
    for (int i = 0; i < n; i++) {
      errors[i] *= 4 * slope[i] * slope[i];
    }
  }

  /** Adds up the lanes of each group, in order. */
  private static void fold(float[] sums, GroupPlanes groups) {
    int each = groups.lanesPerGroup();
    for (int g = 0; g < groups.groups(); g++) {
      float sum = sums[g * each];
      for (int lane = g * each + 1; lane < (g + 1) * each; lane++) {
        sum += sums[lane];
      }
      sums[g] = sum;
    }
  }
}
