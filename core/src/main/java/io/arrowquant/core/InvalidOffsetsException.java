package io.arrowquant.core;

/** A header's offsets overlap, leave holes, or do not match shapes or the file's size. */
public final class InvalidOffsetsException extends ArrowQuantException {

  public InvalidOffsetsException(String message) {
    super(message);
  }

  public InvalidOffsetsException(String message, Throwable cause) {
    super(message, cause);
  }
}
