package io.arrowquant.quantize.fit;

/** Weights as of trained models at their worst: Student's t with channels of outliers. */
final class HeavyTails {

  private HeavyTails() {}

  /**
   * Student's t with 5 degrees of freedom; one column of a hundred, about, is eight times larger.
   */
  static float[] values(long seed, int rows, int columns) {
    Gaussian gaussian = new Gaussian(seed);
    float[] channel = new float[columns];
    for (int c = 0; c < columns; c++) {
      channel[c] = gaussian.next() > 2.33 ? 0.16f : 0.02f;
    }
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      double normal = gaussian.next();
      double squares = 0;
      for (int k = 0; k < 5; k++) {
        double next = gaussian.next();
        squares += next * next;
      }
      values[i] = (float) (channel[i % columns] * normal / StrictMath.sqrt(squares / 5));
    }
    return values;
  }
}
