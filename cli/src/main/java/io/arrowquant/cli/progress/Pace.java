package io.arrowquant.cli.progress;

import java.util.function.LongSupplier;

/** Rate and time left, counted from when the pace was made. */
final class Pace {

  private final LongSupplier nanos;
  private final long start;

  Pace(LongSupplier nanos) {
    this.nanos = nanos;
    this.start = nanos.getAsLong();
  }

  /** Seconds since the start. */
  double elapsed() {
    return (nanos.getAsLong() - start) / 1e9;
  }

  /** Bytes per second, or 0 where nothing can be said yet. */
  static double rate(long current, double elapsed) {
    return elapsed < 0.05 ? 0 : current / elapsed;
  }

  /** Seconds that the rest will take at this rate, or 0 where nothing can be said yet. */
  static double left(long current, long total, double rate) {
    return rate == 0 ? 0 : (total - current) / rate;
  }
}
