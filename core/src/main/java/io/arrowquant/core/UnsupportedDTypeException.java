package io.arrowquant.core;

/** A dtype that the format does not know, or that the operation cannot take. */
public final class UnsupportedDTypeException extends ArrowQuantException {

  public UnsupportedDTypeException(String message) {
    super(message);
  }

  public UnsupportedDTypeException(String message, Throwable cause) {
    super(message, cause);
  }
}
