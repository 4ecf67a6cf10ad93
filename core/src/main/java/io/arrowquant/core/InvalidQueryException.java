package io.arrowquant.core;

/** A SQL statement that is wrong, that asks for what it may not have, or that fails. */
public final class InvalidQueryException extends ArrowQuantException {

  public InvalidQueryException(String message) {
    super(message);
  }

  public InvalidQueryException(String message, Throwable cause) {
    super(message, cause);
  }
}
