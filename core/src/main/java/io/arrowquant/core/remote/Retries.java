package io.arrowquant.core.remote;

import io.arrowquant.core.RemoteException;
import io.arrowquant.core.RunInterruptedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpHeaders;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;

/** Counts the failures of one piece of reading, waits between attempts, and gives up in time. */
final class Retries {

  /** So many bytes between two failures, and the count starts anew. */
  private static final long PROGRESS = 256 << 10;

  private static final Set<Integer> PASSING = Set.of(408, 425, 429, 500, 502, 503, 504);

  private final RetryPolicy policy;
  private final String what;
  private final Traffic traffic;
  private int failures;
  private long since;

  /**
   * @param what is read, for messages
   */
  Retries(RetryPolicy policy, String what, Traffic traffic) {
    this.policy = policy;
    this.what = what;
    this.traffic = traffic;
  }

  /** Whether a status may pass by itself. */
  static boolean isPassing(int status) {
    return PASSING.contains(status);
  }

  /** Attempts in a row that brought nothing. */
  int failures() {
    return failures;
  }

  /** Bytes have come. */
  void progress(long bytes) {
    since += bytes;
    if (since >= PROGRESS) {
      failures = 0;
      since = 0;
    }
  }

  /**
   * Waits before the next attempt after one that got no answer, or only part of it.
   *
   * @throws RemoteException if there have been too many, or the next could be no better
   */
  void afterBreak(IOException failure) {
    if (isUntrusted(failure)) {
      throw new RemoteException(
          "Cannot read "
              + what
              + ": the certificate of its server is not one that this Java trusts;"
              + " -Djavax.net.ssl.trustStore names a file of others.",
          failure);
    }
    String reason =
        failure instanceof ConnectException
            ? "nobody answers at its address"
            : failure.getMessage() == null ? failure.toString() : failure.getMessage();
    String sentence = "the connection failed (" + WebAddress.redact(reason) + ")";
    pause(sentence, Optional.empty(), failure);
  }

  private static boolean isUntrusted(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        return true;
      }
    }
    return false;
  }

  /** The same after a status that may pass; the server may have said how long to wait. */
  void afterStatus(int status, HttpHeaders headers) {
    pause(
        "the server answered with status " + status,
        headers.firstValue("Retry-After").flatMap(Retries::parse),
        null);
  }

  private void pause(String reason, Optional<Duration> asked, IOException cause) {
    failures++;
    since = 0;
    if (failures >= policy.attempts()) {
      throw new RemoteException(
          "Cannot read " + what + ": " + reason + ", " + failures + " times in a row.", cause);
    }
    long millis =
        asked.isEmpty()
            ? policy.delayMillis(failures)
            : policy
                .delayMillis(asked.get())
                .orElseThrow(
                    () ->
                        new RemoteException(
                            "Cannot read "
                                + what
                                + ": "
                                + reason
                                + " and asks to wait for "
                                + asked.get().toSeconds()
                                + " s."));
    traffic.retried();
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunInterruptedException("Reading " + what + " was interrupted.", e);
    }
  }

  /** Seconds, or a date. */
  private static Optional<Duration> parse(String header) {
    String value = header.strip();
    try {
      if (!value.isEmpty() && value.length() < 10 && value.chars().allMatch(Character::isDigit)) {
        return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
      }
      Instant until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration left = Duration.between(Instant.now(), until);
      return Optional.of(left.isNegative() ? Duration.ZERO : left);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
