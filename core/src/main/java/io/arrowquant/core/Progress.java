package io.arrowquant.core;

/**
 * Hears how far a run has come. Calls come from one thread at a time, are monotonic, at most ten a
 * second, and the last one of a run that succeeds has {@code current == total}. A listener that
 * throws harms nothing.
 */
@FunctionalInterface
public interface Progress {

  /** Hears nothing. */
  Progress NONE = (current, total, message) -> {};

  /**
   * @param current source bytes done so far
   * @param total source bytes in all
   * @param message what is being done, for people
   */
  void onProgress(long current, long total, String message);
}
