package io.arrowquant.core.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.RemoteException;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectsTest {

  private static final URI HUB = URI.create("https://93.184.216.34/a/b");

  private static URI follow(String original, String location) {
    URI from = URI.create(original);
    return Redirects.follow(from, from, location, PrivateNetworks.SYSTEM);
  }

  @Test
  void relativeAndAbsoluteOnesAreFollowed() {
    assertEquals("https://93.184.216.34/a/c?x=1", follow(HUB.toString(), "c?x=1").toString());
    assertEquals("https://8.8.8.8/f", follow(HUB.toString(), "https://8.8.8.8/f").toString());
    assertEquals("https://8.8.8.8/f", follow(HUB.toString(), "https://me:x@8.8.8.8/f").toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://93.184.216.34/a",
        "https://127.0.0.1/a",
        "https://10.1.2.3/a",
        "https://192.168.0.1/a",
        "https://172.16.5.5/a",
        "https://169.254.169.254/latest",
        "https://100.64.0.1/a",
        "https://0.0.0.0/a",
        "https://[::1]/a",
        "https://[fe80::1]/a",
        "https://[fd00::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://localhost/a",
        "file:///etc/passwd",
        "ftp://8.8.8.8/a",
        "https:///nothing",
        "::"
      })
  void othersAreNot(String location) {
    assertThrows(RemoteException.class, () -> follow(HUB.toString(), location));
  }

  @Test
  void whoAsksOnAPrivateNetworkMayBeLedAboutInIt() {
    assertEquals("10.0.0.2", follow("http://10.0.0.1/a", "http://10.0.0.2/b").getHost());
    assertThrows(
        RemoteException.class, () -> follow("http://10.0.0.1/a", "http://169.254.169.254/b"));
  }

  @Test
  void messagesShowNoSignatures() {
    RemoteException e =
        assertThrows(
            RemoteException.class,
            () -> follow("https://me:pass@93.184.216.34/a?sig=1", "http://8.8.8.8/?sig=2"));
    assertTrue(!e.getMessage().contains("sig") && !e.getMessage().contains("pass"), e.getMessage());
  }
}
