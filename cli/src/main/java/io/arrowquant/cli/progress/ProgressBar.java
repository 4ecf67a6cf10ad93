package io.arrowquant.cli.progress;

import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** One line that is painted over: bar, bytes, rate, time left, what is being done. */
final class ProgressBar implements ProgressDisplay {

  private static final int CELLS = 20;
  private static final String CLEAR_REST = "\u001b[K";

  private final PrintWriter err;
  private final Pace pace;
  private final int width;
  private boolean painted;

  ProgressBar(PrintWriter err, LongSupplier nanos, int width) {
    this.err = err;
    this.pace = new Pace(nanos);
    this.width = width;
  }

  @Override
  public void onProgress(long current, long total, String message) {
    double elapsed = pace.elapsed();
    double rate = Pace.rate(current, elapsed);
    int filled = total == 0 ? CELLS : (int) (CELLS * ((double) current / total));
    StringBuilder line = new StringBuilder();
    line.append('[').append("#".repeat(filled)).append(".".repeat(CELLS - filled)).append("] ");
    line.append(ProgressDisplay.percent(current, total)).append("  ");
    line.append(Quantity.bytes(current)).append(" of ").append(Quantity.bytes(total));
    if (rate > 0) {
      line.append("  ").append(Quantity.bytes(rate)).append("/s  ");
      line.append(
          current < total
              ? Quantity.clock(Pace.left(current, total, rate)) + " left"
              : "in " + Quantity.clock(elapsed));
    }
    int room = width - 1 - line.length() - 2;
    if (room >= 12) {
      line.append("  ").append(Printable.fit(message, room));
    }
    err.print("\r" + Printable.fit(line.toString(), width - 1) + CLEAR_REST);
    err.flush();
    painted = true;
  }

  @Override
  public void close() {
    if (painted) {
      err.println();
      err.flush();
    }
  }
}
