package io.arrowquant.core;

/** The run was cancelled or its thread interrupted; nothing half-written was left. */
public final class RunInterruptedException extends ArrowQuantException {

  public RunInterruptedException(String message) {
    super(message);
  }

  public RunInterruptedException(String message, Throwable cause) {
    super(message, cause);
  }
}
