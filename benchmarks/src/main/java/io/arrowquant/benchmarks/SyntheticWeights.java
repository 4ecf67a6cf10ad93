package io.arrowquant.benchmarks;

import java.util.SplittableRandom;

/** Weights with a seed, the same on every JDK, for figures of quality. */
enum SyntheticWeights {
  /** Normal deviates, standard deviation 0.02. */
  GAUSSIAN {
    @Override
    float[] matrix(int rows, int columns) {
      Normal normal = new Normal(20);
      float[] weights = new float[rows * columns];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (float) (0.02 * normal.next());
      }
      return weights;
    }
  },

  /**
   * Student's t with 5 degrees of freedom; one input channel of a hundred is eight times larger.
   */
  HEAVY {
    @Override
    float[] matrix(int rows, int columns) {
      Normal normal = new Normal(21);
      float[] channel = new float[columns];
      for (int c = 0; c < columns; c++) {
        channel[c] = normal.next() > 2.33 ? 0.16f : 0.02f;
      }
      float[] weights = new float[rows * columns];
      for (int i = 0; i < weights.length; i++) {
        double numerator = normal.next();
        double squares = 0;
        for (int k = 0; k < 5; k++) {
          double next = normal.next();
          squares += next * next;
        }
        weights[i] = (float) (channel[i % columns] * numerator / StrictMath.sqrt(squares / 5));
      }
      return weights;
    }
  };

  abstract float[] matrix(int rows, int columns);

  private static final class Normal {
    private final SplittableRandom random;

    Normal(long seed) {
      random = new SplittableRandom(seed);
    }

    /** By Box and Muller. */
    double next() {
      double u = 1 - random.nextDouble();
      return StrictMath.sqrt(-2 * StrictMath.log(u))
          * StrictMath.cos(2 * Math.PI * random.nextDouble());
    }
  }
}
