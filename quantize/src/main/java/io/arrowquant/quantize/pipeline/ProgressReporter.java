package io.arrowquant.quantize.pipeline;

import io.arrowquant.core.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what {@link Progress} promises. Called from one thread. */
public final class ProgressReporter {

  private static final Logger LOG = LoggerFactory.getLogger(ProgressReporter.class);
  private static final long INTERVAL_NANOS = 100_000_000;

  private final Progress listener;
  private final long total;
  private long done;
  private long lastCall = System.nanoTime() - INTERVAL_NANOS;
  private long told;
  private boolean failed;

  public ProgressReporter(Progress listener, long total) {
    this.listener = listener;
    this.total = total;
  }

  /** More bytes are done; the listener hears of it if it has not heard for a tenth of a second. */
  public void advance(long bytes, String message) {
    done = Math.min(total, done + bytes);
    long now = System.nanoTime();
    if (now - lastCall >= INTERVAL_NANOS && done > told && done < total) {
      lastCall = now;
      tell(message);
    }
  }

  /** The work begins anew; the listener hears nothing until it is past where it was. */
  void restart() {
    done = 0;
  }

  /** All is done. */
  public void finish(String message) {
    done = total;
    tell(message);
  }

  private void tell(String message) {
    told = done;
    try {
      listener.onProgress(done, total, message);
    } catch (RuntimeException e) {
      if (!failed) {
        failed = true;
        LOG.warn("A progress listener failed; this is said once.", e);
      }
    }
  }
}
