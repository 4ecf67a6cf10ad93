package io.arrowquant.core;

/** The input is not there, or is not a file or folder that can hold a checkpoint. */
public final class CheckpointNotFoundException extends ArrowQuantException {

  public CheckpointNotFoundException(String message) {
    super(message);
  }

  public CheckpointNotFoundException(String message, Throwable cause) {
    super(message, cause);
  }
}
