package io.arrowquant.core;

/** The end of threads whose work must be over before what they use is freed. */
public final class ThreadEnd {

  private ThreadEnd() {}

  /** Waits until a thread runs no more; an interruption meanwhile is kept for the caller. */
  public static void await(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
