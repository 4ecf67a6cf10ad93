package io.arrowquant.core;

/** A file is not SafeTensors, or its header breaks a rule of the format. */
public final class InvalidHeaderException extends ArrowQuantException {

  public InvalidHeaderException(String message) {
    super(message);
  }

  public InvalidHeaderException(String message, Throwable cause) {
    super(message, cause);
  }
}
