package io.arrowquant.core;

/** A sharded checkpoint's index is malformed or disagrees with its shards. */
public final class InvalidIndexException extends ArrowQuantException {

  public InvalidIndexException(String message) {
    super(message);
  }

  public InvalidIndexException(String message, Throwable cause) {
    super(message, cause);
  }
}
