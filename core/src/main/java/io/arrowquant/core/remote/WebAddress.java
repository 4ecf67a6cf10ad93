package io.arrowquant.core.remote;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** Addresses of web servers: what of them may be shown, and whether two are of one server. */
final class WebAddress {

  private WebAddress() {}

  /** An address that begins with {@code https://} or {@code http://} and names a host. */
  static Optional<URI> parse(String text) {
    try {
      URI uri = new URI(text.replace(" ", "%20"));
      String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
      boolean web = scheme.equals("https") || scheme.equals("http");
      return web && uri.getHost() != null ? Optional.of(uri) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  /** Without user, password, query and fragment, which may hold credentials. */
  static String display(URI uri) {
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    String path = uri.getPath() == null ? "" : uri.getPath();
    return uri.getScheme() + "://" + uri.getHost() + port + path;
  }

  /** The address that is shown like this; a character that an address cannot have is encoded. */
  static URI ofShown(String shown) {
    int server = shown.indexOf("://") + "://".length();
    int path = (shown + "/").indexOf('/', server);
    return URI.create(shown.substring(0, path) + encode(shown.substring(path)));
  }

  /** The server alone: {@code https://host:port}. */
  static String server(URI uri) {
    return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
  }

  /** A text of another's making, with whatever looks like an address in it left out. */
  static String redact(String text) {
    return text.replaceAll("(?i)[a-z][a-z0-9+.-]*://\\S+", "...").replaceAll("\\?\\S+", "");
  }

  /** Whether scheme, host and port are the same. */
  static boolean sameOrigin(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  /** What user and password in an address become in a request. */
  static Optional<String> basicAuthorization(URI uri) {
    return Optional.ofNullable(uri.getUserInfo())
        .map(
            user ->
                "Basic "
                    + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
  }

  /** The same address without user and password. */
  static URI withoutUser(URI uri) {
    return uri.getRawUserInfo() == null
        ? uri
        : URI.create(
            server(uri)
                + Objects.toString(uri.getRawPath(), "")
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
  }

  /** A file's name as part of an address, each of its parts encoded. */
  static String encode(String name) {
    StringBuilder out = new StringBuilder();
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || "-._~/".indexOf(c) >= 0;
      out.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
    }
    return out.toString();
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0
        ? uri.getPort()
        : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
  }
}
