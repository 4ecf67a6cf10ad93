package io.arrowquant.core;

/**
 * A server could not be reached, refused, has no ranges, or changed the file while it was read.
 * Messages never hold credentials or signed addresses.
 */
public final class RemoteException extends ArrowQuantException {

  public RemoteException(String message) {
    super(message);
  }

  public RemoteException(String message, Throwable cause) {
    super(message, cause);
  }
}
