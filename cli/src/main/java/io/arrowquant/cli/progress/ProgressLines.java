package io.arrowquant.cli.progress;

import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** For logs: a whole line, at most one every few seconds; short runs print none. */
final class ProgressLines implements ProgressDisplay {

  private static final double SECONDS_BETWEEN = 5;

  private final PrintWriter err;
  private final Pace pace;
  private double last;

  ProgressLines(PrintWriter err, LongSupplier nanos) {
    this.err = err;
    this.pace = new Pace(nanos);
  }

  @Override
  public void onProgress(long current, long total, String message) {
    double elapsed = pace.elapsed();
    if (elapsed - last < SECONDS_BETWEEN) {
      return;
    }
    last = elapsed;
    double rate = Pace.rate(current, elapsed);
    err.println(
        "%s  %s of %s  %s/s  %s left  %s"
            .formatted(
                ProgressDisplay.percent(current, total),
                Quantity.bytes(current),
                Quantity.bytes(total),
                Quantity.bytes(rate),
                Quantity.clock(Pace.left(current, total, rate)),
                Printable.line(message)));
    err.flush();
  }

  @Override
  public void close() {}
}
