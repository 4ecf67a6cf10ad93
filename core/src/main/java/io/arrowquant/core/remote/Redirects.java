package io.arrowquant.core.remote;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RemoteException;
import java.net.URI;
import java.util.Optional;

/**
 * Where a server may send a reader: never from https to http, and never to a private network,
 * unless the address that the user gave is on one itself. Link-local hosts, where clouds answer
 * with credentials, are refused even then.
 */
final class Redirects {

  /** More in a row are a loop. */
  static final int MOST = 8;

  private Redirects() {}

  /**
   * @param original the user's address
   * @param current the address that answered with a redirect
   * @param location as the server wrote it, perhaps relative
   */
  static URI follow(URI original, URI current, String location, PrivateNetworks networks) {
    URI target =
        resolve(current, location)
            .orElseThrow(
                () ->
                    new RemoteException(
                        server(current) + " redirects to something that is no web address."));
    if (current.getScheme().equalsIgnoreCase("https")
        && !target.getScheme().equalsIgnoreCase("https")) {
      throw new RemoteException(
          server(current) + " redirects from https to http, which is not followed.");
    }
    boolean ownChoice =
        target.getHost().equalsIgnoreCase(original.getHost())
            || networks.contains(original.getHost())
                && !PrivateNetworks.isLinkLocal(target.getHost());
    if (!ownChoice && networks.contains(target.getHost())) {
      throw new RemoteException(
          server(current)
              + " redirects to "
              + QuotedName.of(target.getHost())
              + " on a private network, which is not followed.");
    }
    return target;
  }

  private static Optional<URI> resolve(URI current, String location) {
    try {
      return WebAddress.parse(current.resolve(location.replace(" ", "%20")).toString())
          .map(WebAddress::withoutUser);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String server(URI uri) {
    return "The server " + QuotedName.of(WebAddress.server(uri));
  }
}
