package io.arrowquant.core.remote;

import java.net.http.HttpHeaders;
import java.util.Optional;

/**
 * Which content of a file an answer speaks of.
 *
 * @param size bytes of the whole file
 * @param etag of the server that holds the bytes, without the mark of weak ones
 * @param linkedEtag of the content, where the server that led there named it
 * @param lastModified as the server wrote it
 */
public record FileVersion(
    long size, Optional<String> etag, Optional<String> linkedEtag, Optional<String> lastModified) {

  static FileVersion of(long size, HttpHeaders headers, Optional<HttpHeaders> redirect) {
    return new FileVersion(
        size,
        headers.firstValue("ETag").map(FileVersion::bare),
        redirect.flatMap(r -> r.firstValue("X-Linked-ETag")).map(FileVersion::bare),
        headers.firstValue("Last-Modified"));
  }

  /** The tag that says most about the content. */
  public Optional<String> identity() {
    return linkedEtag.or(() -> etag);
  }

  /**
   * Whether a later answer may be of the same content. The tag of the content decides where both
   * have one, since the same content may have several servers, each with tags of its own.
   */
  boolean agreesWith(FileVersion later) {
    if (size != later.size) {
      return false;
    }
    if (linkedEtag.isPresent() && later.linkedEtag.isPresent()) {
      return linkedEtag.equals(later.linkedEtag);
    }
    if (etag.isPresent() && later.etag.isPresent()) {
      return etag.equals(later.etag);
    }
    return lastModified.isEmpty()
        || later.lastModified.isEmpty()
        || lastModified.equals(later.lastModified);
  }

  private static String bare(String etag) {
    String strong = etag.startsWith("W/") ? etag.substring(2) : etag;
    boolean quoted = strong.length() >= 2 && strong.startsWith("\"") && strong.endsWith("\"");
    return quoted ? strong.substring(1, strong.length() - 1) : strong;
  }
}
