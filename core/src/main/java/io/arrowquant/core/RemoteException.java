package io.arrowquant.core;

import java.nio.file.Path;

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

  /** What a model that ArrowQuant wrote is answered with, since none is read from a server. */
  public static RemoteException quantizedModel(Path model) {
    return new RemoteException(
        QuotedName.of(model)
            + " is a quantized model on a server, where only SafeTensors models are read: fetch"
            + " its files first (from the Hub, with 'hf download') and give the folder.");
  }
}
