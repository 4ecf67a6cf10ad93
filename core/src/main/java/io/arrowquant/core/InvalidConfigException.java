package io.arrowquant.core;

/** A setting is unknown, out of range, or contradicts another. */
public final class InvalidConfigException extends ArrowQuantException {

  public InvalidConfigException(String message) {
    super(message);
  }

  public InvalidConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
