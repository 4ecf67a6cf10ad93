package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.AffineTrial;
import io.arrowquant.quantize.kernel.GroupPlanes;

/**
 * Finds scale and zero point of each group by itself: shrinks the range step by step, rounds, and
 * keeps the range that leaves the least error after a refit of both in closed form; then refits,
 * and rounds again.
 *
 * <p>With the odd codes t, the residuals r and weights of the mass m, least squares add {@code a =
 * (m S(tr) - S(t) S(r)) / (m S(tt) - S(t)^2)} to the slope and {@code b = (S(r) - a S(t)) / m} to
 * the offset, and leave the error {@code S(rr) - a S(tr) - b S(r)}.
 */
final class RangeSearch {

  private final AffineTrial trial;
  private float[] scales = new float[0];
  private float[] zeroPoints = new float[0];
  private float[][] errors = new float[0][0];

  RangeSearch(AffineTrial trial) {
    this.trial = trial;
  }

  /**
   * Searches; groups whose weights are all the same get no useful result.
   *
   * @param shrinks shares of the range to try
   * @param refits how often to refit in the end
   * @param lo least weight of each group from {@code first} on
   * @param hi greatest weight of each
   * @param targetScales take the scales from {@code first} on
   * @param targetZeroPoints take the zero points
   */
  void search(
      GroupPlanes groups,
      int bits,
      float[] shrinks,
      int refits,
      float[] lo,
      float[] hi,
      int first,
      float[] targetScales,
      float[] targetZeroPoints) {
    int n = groups.groups();
    reserve(n, shrinks.length);
    float step = 1f / ((1 << bits) - 1);
    for (int k = 0; k < shrinks.length; k++) {
      for (int g = 0; g < n; g++) {
        propose(g, lo[first + g], hi[first + g], shrinks[k] * step);
      }
      trial.sums(groups, scales, zeroPoints, 0, bits);
      leastErrors(groups.mass(), errors[k], n);
    }
    for (int g = 0; g < n; g++) {
      int best = 0;
      for (int k = 1; k < shrinks.length; k++) {
        best = errors[k][g] < errors[best][g] ? k : best;
      }
      propose(g, lo[first + g], hi[first + g], shrinks[best] * step);
    }
    for (int i = 0; i < refits; i++) {
      trial.sums(groups, scales, zeroPoints, 0, bits);
      refit(groups.mass(), n);
    }
    System.arraycopy(scales, 0, targetScales, first, n);
    System.arraycopy(zeroPoints, 0, targetZeroPoints, first, n);
  }

  private void propose(int g, float lo, float hi, float share) {
    float scale = (hi - lo) * share;
    scales[g] = scale;
    zeroPoints[g] = -0.5f - 0.5f * (hi + lo) / scale;
  }

  private void leastErrors(float[] m, float[] target, int n) {
    leastErrors(
        trial.codes(),
        trial.codeSquares(),
        trial.residuals(),
        trial.products(),
        trial.errors(),
        m,
        target,
        n);
  }

  private static void leastErrors(
      float[] t, float[] tt, float[] r, float[] tr, float[] rr, float[] m, float[] target, int n) {
    for (int g = 0; g < n; g++) {
      float slope = (m[g] * tr[g] - t[g] * r[g]) / determinant(m[g], t[g], tt[g]);
      float offset = (r[g] - slope * t[g]) / m[g];
      target[g] = rr[g] - slope * tr[g] - offset * r[g];
    }
  }

  /** Bounded where the codes, or all that count, are the same, so that the slope stays then. */
  private static float determinant(float m, float t, float tt) {
    return Math.max(m * tt - t * t, 1e-6f * m * tt);
  }

  private void refit(float[] m, int n) {
    float[] t = trial.codes();
    float[] tt = trial.codeSquares();
    float[] r = trial.residuals();
    float[] tr = trial.products();
    for (int g = 0; g < n; g++) {
      float slope = (m[g] * tr[g] - t[g] * r[g]) / determinant(m[g], t[g], tt[g]);
      float offset = (-0.5f - zeroPoints[g]) * scales[g] + (r[g] - slope * t[g]) / m[g];
      float scale = scales[g] + 2 * slope;
      // Not so where all codes are the same.
      if (scale > 0 && scale < Float.POSITIVE_INFINITY) {
        scales[g] = scale;
        zeroPoints[g] = -0.5f - offset / scale;
      }
    }
  }

  private void reserve(int n, int trials) {
    if (scales.length < n) {
      scales = new float[n];
      zeroPoints = new float[n];
    }
    if (errors.length < trials || errors[0].length < n) {
      errors = new float[trials][n];
    }
  }
}
