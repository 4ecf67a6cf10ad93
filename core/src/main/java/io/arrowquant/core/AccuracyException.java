package io.arrowquant.core;

/** A tensor fell short of the accuracy asked for, and falling back was not allowed. */
public final class AccuracyException extends ArrowQuantException {

  public AccuracyException(String message) {
    super(message);
  }
}
