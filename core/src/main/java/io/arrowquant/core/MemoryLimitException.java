package io.arrowquant.core;

/** Memory ran out: the message says what was needed and what the limit is. */
public final class MemoryLimitException extends ArrowQuantException {

  public MemoryLimitException(String message) {
    super(message);
  }

  public MemoryLimitException(String message, Throwable cause) {
    super(message, cause);
  }
}
