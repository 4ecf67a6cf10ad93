package io.arrowquant.core.remote;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long failures that may pass are borne.
 *
 * @param attempts failures in a row, without enough bytes between them, after which to give up
 * @param first the wait after the first failure; each further one is twice as long
 * @param longest the most to wait, also where a server asks for more
 */
public record RetryPolicy(int attempts, Duration first, Duration longest) {

  /** About a minute and a half in all. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(8, Duration.ofMillis(500), Duration.ofSeconds(60));

  /**
   * Milliseconds to wait after a failure: with jitter, so that many readers do not come at once.
   */
  long delayMillis(int failures) {
    long doubled = first.toMillis() << Math.min(failures - 1, 20);
    long bounded = Math.max(1, Math.min(doubled, Math.min(20_000, longest.toMillis())));
    return bounded / 2 + ThreadLocalRandom.current().nextLong(bounded / 2 + 1);
  }

  /** The same where the server has said how long; empty where that is longer than acceptable. */
  OptionalLong delayMillis(Duration asked) {
    return asked.compareTo(longest) > 0
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(1, asked.toMillis()));
  }
}
