package io.arrowquant.core;

/** Reading or writing failed in the operating system: disk full, no permission, file shrunk. */
public final class StorageException extends ArrowQuantException {

  public StorageException(String message) {
    super(message);
  }

  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
