package io.arrowquant.cli.report;

/**
 * How many weights lie where between a least and a greatest value; others count at the ends, NaN
 * nowhere. Not thread-safe.
 */
final class Histogram {

  static final int BINS = 40;

  private final double min;
  private final double scale;
  private final long[] counts = new long[BINS];

  Histogram(double min, double max) {
    this.min = min;
    this.scale = max > min ? BINS / (max - min) : 0;
  }

  void add(float weight) {
    if (!Float.isNaN(weight)) {
      counts[(int) Math.max(0, Math.min(BINS - 1, (weight - min) * scale))]++;
    }
  }

  /** Each bin as a share of the greatest among two, in thousandths; what is not empty is not 0. */
  int[] heights(long greatest) {
    int[] heights = new int[BINS];
    for (int i = 0; i < BINS; i++) {
      heights[i] =
          counts[i] == 0 ? 0 : (int) Math.max(1, Math.round(1000.0 * counts[i] / greatest));
    }
    return heights;
  }

  long greatest() {
    long greatest = 1;
    for (long count : counts) {
      greatest = Math.max(greatest, count);
    }
    return greatest;
  }
}
