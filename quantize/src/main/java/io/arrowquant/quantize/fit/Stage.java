package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.Widen;

/**
 * The next few thousand weights of a run as float32, in an array that fits the first-level cache.
 */
final class Stage {

  static final int WEIGHTS = Widen.STAGE;

  private final Widen widen = new Widen();
  private final float[] weights = new float[WEIGHTS];
  private SourceRows rows;
  private long total;
  private long start;
  private long end;

  /** Goes to the first of {@code total} weights. */
  void open(SourceRows rows, long total) {
    this.rows = rows;
    this.total = total;
    start = 0;
    end = 0;
  }

  /** Where in {@link #weights()} the {@code n} weights from {@code first} are; n fits the stage. */
  int seek(long first, int n) {
    if (first < start || first + n > end) {
      int staged = (int) Math.min(WEIGHTS, total - first);
      widen.toFloat(rows.dtype(), rows.address(first), staged, weights);
      start = first;
      end = first + staged;
    }
    return (int) (first - start);
  }

  float[] weights() {
    return weights;
  }
}
