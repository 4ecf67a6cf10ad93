package io.arrowquant.core;

/** The output is there already, or overlaps the input. */
public final class OutputExistsException extends ArrowQuantException {

  public OutputExistsException(String message) {
    super(message);
  }

  public OutputExistsException(String message, Throwable cause) {
    super(message, cause);
  }
}
