package io.arrowquant.cli.progress;

import io.arrowquant.core.Progress;
import java.io.PrintWriter;
import java.util.Locale;

/** Shows how far a run has come, on stderr. Closing it leaves the cursor on a fresh line. */
public interface ProgressDisplay extends Progress, AutoCloseable {

  @Override
  void close();

  /** A bar on a terminal, a line now and then where there is none, nothing when quiet. */
  static ProgressDisplay on(PrintWriter err, boolean quiet) {
    if (quiet) {
      return silent();
    }
    // Set by the launcher, which can ask whether stderr is a terminal; Java cannot.
    String columns = System.getProperty("arrowquant.terminal");
    if (columns == null || "dumb".equals(System.getenv("TERM"))) {
      return new ProgressLines(err, System::nanoTime);
    }
    return new ProgressBar(err, System::nanoTime, width(columns));
  }

  private static ProgressDisplay silent() {
    return new ProgressDisplay() {
      @Override
      public void onProgress(long current, long total, String message) {}

      @Override
      public void close() {}
    };
  }

  private static int width(String columns) {
    try {
      int width = Integer.parseInt(columns);
      return width >= 40 ? Math.min(width, 200) : 80;
    } catch (NumberFormatException unknown) {
      return 80;
    }
  }

  /** {@code 45 %}, rounded down so that 100 % means all. */
  static String percent(long current, long total) {
    double share = total == 0 ? 1 : (double) current / total;
    return String.format(Locale.ROOT, "%3d %%", (int) Math.floor(share * 100));
  }
}
