package io.arrowquant.core.remote;

import java.util.concurrent.atomic.AtomicLong;

/** What went over the network, counted as it happens; safe for use by many threads. */
public final class Traffic {

  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong retries = new AtomicLong();

  /** Requests sent, redirects and retries among them. */
  public long requests() {
    return requests.get();
  }

  /** Bytes of answers received, headers excepted. */
  public long bytes() {
    return bytes.get();
  }

  /** Failures that were got over. */
  public long retries() {
    return retries.get();
  }

  void sent() {
    requests.incrementAndGet();
  }

  void received(long count) {
    bytes.addAndGet(count);
  }

  void retried() {
    retries.incrementAndGet();
  }
}
