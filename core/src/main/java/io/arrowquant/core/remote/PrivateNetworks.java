package io.arrowquant.core.remote;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Tells hosts that only this machine or its own network can reach: loopback, link-local, private
 * and unique local addresses. Such a host is the user's own choice, never a server's.
 */
@FunctionalInterface
public interface PrivateNetworks {

  /** By the addresses that the host's name resolves to; one that is private suffices. */
  PrivateNetworks SYSTEM =
      host -> {
        try {
          for (InetAddress address : InetAddress.getAllByName(host)) {
            if (isPrivate(address)) {
              return true;
            }
          }
          return false;
        } catch (UnknownHostException e) {
          return false; // connecting to it will say so
        }
      };

  /** Whether a host, a name or an address in text, is on such a network. */
  boolean contains(String host);

  /** Whether the host is one that only neighbours on the same wire can reach. */
  static boolean isLinkLocal(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (address.isLinkLocalAddress()) {
          return true;
        }
      }
      return false;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean isPrivate(InetAddress address) {
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    boolean uniqueLocal = address instanceof Inet6Address && (first & 0xfe) == 0xfc;
    boolean shared = bytes.length == 4 && first == 100 && second >= 64 && second < 128;
    boolean thisNetwork = bytes.length == 4 && first == 0;
    return uniqueLocal
        || shared
        || thisNetwork
        || address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress();
  }
}
