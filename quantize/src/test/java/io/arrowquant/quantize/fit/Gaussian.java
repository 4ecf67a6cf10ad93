package io.arrowquant.quantize.fit;

import java.util.SplittableRandom;

/** Seeded normal deviates that are the same on every JDK. */
final class Gaussian {

  private final SplittableRandom random;

  Gaussian(long seed) {
    random = new SplittableRandom(seed);
  }

  double next() {
    double u = 1 - random.nextDouble();
    return StrictMath.sqrt(-2 * StrictMath.log(u))
        * StrictMath.cos(2 * Math.PI * random.nextDouble());
  }

  /** {@code n} values of mean 0. */
  float[] values(int n, double deviation) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (deviation * next());
    }
    return values;
  }
}
