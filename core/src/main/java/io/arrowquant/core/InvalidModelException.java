package io.arrowquant.core;

/** A quantized model on disk is incomplete, damaged, or of a newer format version. */
public final class InvalidModelException extends ArrowQuantException {

  public InvalidModelException(String message) {
    super(message);
  }

  public InvalidModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
