package io.arrowquant.cli.demo;

/**
 * Normally distributed numbers with the slightly heavy tails of trained weights, from a table of
 * quantiles: a look-up and an interpolation per number instead of a logarithm. The table is made
 * with operations whose results Java fixes to the bit, so every JDK and machine makes the same
 * weights.
 */
final class NormalTable {

  private static final int INDEX_BITS = 12;
  private static final int FRACTION_BITS = 16 - INDEX_BITS;
  private static final int SIZE = 1 << INDEX_BITS;
  private static final double TAIL = 0.03;

  /** Golden-ratio increment of SplitMix64. */
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private final float[] quantiles = new float[SIZE + 1];
  private final float[] steps = new float[SIZE];

  NormalTable() {
    double sumOfSquares = 0;
    for (int i = 0; i <= SIZE; i++) {
      // The outermost entries stand at the probability of the last fraction, not at infinity.
      double p = Math.min(Math.max((double) i / SIZE, 0.25 / SIZE), 1 - 0.25 / SIZE);
      double z = quantile(p);
      double heavy = z + TAIL * z * z * z;
      quantiles[i] = (float) heavy;
      sumOfSquares += i < SIZE ? heavy * heavy : 0;
    }
    float norm = (float) (1 / Math.sqrt(sumOfSquares / SIZE));
    for (int i = 0; i <= SIZE; i++) {
      quantiles[i] *= norm;
    }
    for (int i = 0; i < SIZE; i++) {
      steps[i] = (quantiles[i + 1] - quantiles[i]) / (1 << FRACTION_BITS);
    }
  }

  /**
   * Fills {@code out[0, length)} with numbers of mean 0 and standard deviation 1.
   *
   * @return the state to go on with
   */
  long fill(long state, float[] out, int length) {
    long s = state;
    for (int i = 0; i < length; i += 4) {
      s += GAMMA;
      long bits = mix(s);
      out[i] = number(bits);
      if (i + 3 < length) {
        out[i + 1] = number(bits >>> 16);
        out[i + 2] = number(bits >>> 32);
        out[i + 3] = number(bits >>> 48);
      } else {
        for (int k = i + 1; k < length; k++) {
          out[k] = number(bits >>> (16 * (k - i)));
        }
      }
    }
    return s;
  }

  /** The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom generators). */
  static long mix(long z) {
    long m = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    m = (m ^ (m >>> 27)) * 0x94d049bb133111ebL;
    return m ^ (m >>> 31);
  }

  private float number(long bits) {
    int index = (int) bits & 0xffff;
    int cell = index >>> FRACTION_BITS;
    return quantiles[cell] + steps[cell] * (index & ((1 << FRACTION_BITS) - 1));
  }

  /**
   * Inverse of the normal distribution function by bisection of its continued fraction and series
   * (Abramowitz and Stegun 26.2.10 and 26.2.14): slow, run once, and made of +, *, / alone but for
   * one exponential that {@link StrictMath} fixes.
   */
  private static double quantile(double p) {
    double low = -6;
    double high = 6;
    for (int i = 0; i < 40; i++) {
      double middle = (low + high) / 2;
      if (distribution(middle) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  private static double distribution(double x) {
    double density = StrictMath.exp(-x * x / 2) / StrictMath.sqrt(2 * Math.PI);
    double magnitude = Math.abs(x);
    if (magnitude < 3) {
      double term = magnitude;
      double sum = magnitude;
      for (int k = 1; k < 60; k++) {
        term *= magnitude * magnitude / (2 * k + 1);
        sum += term;
      }
      return x < 0 ? 0.5 - density * sum : 0.5 + density * sum;
    }
    double fraction = magnitude;
    for (int k = 40; k >= 1; k--) {
      fraction = magnitude + k / fraction;
    }
    double tail = density / fraction;
    return x < 0 ? tail : 1 - tail;
  }
}
