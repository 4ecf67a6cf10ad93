package io.arrowquant.core.remote;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RemoteException;
import io.arrowquant.core.remote.RemoteClient.Answer;
import io.arrowquant.core.remote.RemoteClient.Question;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * One file on a server, read by ranges. The first answer pins its version; an answer of another
 * version is an error. Safe for use by many threads.
 */
public final class RemoteFile {

  static final String WAY_OUT = "--download fetches whole files to disk first.";

  private final RemoteClient client;
  private final URI address;
  private final String display;
  private final FileStart start = new FileStart(this);
  private volatile URI way;
  private FileVersion version;

  /**
   * @param address as the user gave it, or the Hub made it
   * @param display what messages call it
   */
  RemoteFile(RemoteClient client, URI address, String display) {
    this.client = client;
    this.address = address;
    this.display = display;
    this.way = address;
  }

  /** What messages call it: never with credentials. */
  public String display() {
    return display;
  }

  /** What another process opens the file by: perhaps with credentials, so never to be shown. */
  URI address() {
    return address;
  }

  /**
   * Reads a range, in as many requests as it takes.
   *
   * @return bytes given to the sink: fewer than asked for only where the file ends
   * @throws NoSuchFileException if there is no such file
   * @throws RemoteException if the server does not give it, or another version of it
   */
  public long read(long position, long length, RangeSink sink) throws NoSuchFileException {
    Optional<Path> copy = local();
    return copy.isPresent()
        ? LocalRange.read(copy.get(), position, length, sink)
        : new RangeRequest(this, position, length, sink).run();
  }

  /** A whole copy of the weights on the local disk, where the user asked for one. */
  public Optional<Path> local() throws NoSuchFileException {
    return client.spool().isPresent() && hasWeights()
        ? Optional.of(client.spool().get().of(this))
        : Optional.empty();
  }

  /**
   * The first bytes of a weights file, or all of another file: read once, then kept.
   *
   * @throws NoSuchFileException if there is no such file
   * @throws RemoteException if the server does not give it
   */
  FileStart start() throws NoSuchFileException {
    start.read();
    return start;
  }

  /**
   * Bytes of the whole file, as the server says with the bytes it gives.
   *
   * @throws NoSuchFileException if there is no such file
   */
  public long size() throws NoSuchFileException {
    return start().size();
  }

  /** Whether it holds weights, of which only ranges are read. */
  boolean hasWeights() {
    return display.endsWith(".safetensors") || display.endsWith(".parquet");
  }

  /** What the answers so far were about; empty before the first. */
  public synchronized Optional<FileVersion> version() {
    return Optional.ofNullable(version);
  }

  Traffic traffic() {
    return client.traffic();
  }

  Retries retries() {
    return new Retries(client.options().retry(), QuotedName.of(display), client.traffic());
  }

  /** Asks where the last answer came from, so that a redirect is paid for once. */
  Answer ask(
      Optional<String> range, BiFunction<ResponseInfo, Optional<HttpHeaders>, BodyReader> body)
      throws IOException {
    Answer answer = client.ask(new Question(address, way, range, body));
    if (answer.status() / 100 == 2) {
      way = answer.address();
    }
    return answer;
  }

  /** The next question goes to the original address: what it led to may have expired. */
  void forgetWay() {
    way = address;
  }

  /** Holds an answer's version against the first one's. */
  synchronized void pin(FileVersion found) {
    if (version == null) {
      version = found;
    } else if (version.agreesWith(found)) {
      version = found.linkedEtag().isPresent() ? found : version;
    } else {
      boolean linked = version.linkedEtag().isPresent() && found.linkedEtag().isPresent();
      Optional<String> tag = linked ? found.linkedEtag() : found.etag();
      Optional<String> expected = linked ? version.linkedEtag() : version.etag();
      throw new RemoteException(
          QuotedName.of(display)
              + " changed on the server while it was read: it has "
              + found.size()
              + " bytes and the tag "
              + QuotedName.of(tag.orElse("none"))
              + ", expected "
              + version.size()
              + " and "
              + QuotedName.of(expected.orElse("none"))
              + ".");
    }
  }

  /**
   * Gets over an answer that gave nothing, or says why not.
   *
   * @throws NoSuchFileException if there is no such file
   */
  void bear(Answer answer, Retries retries) throws NoSuchFileException {
    int status = answer.status();
    // Even a link just given may expire before it is used, where others renew it meanwhile.
    boolean link = !answer.fresh() || answer.redirect().isPresent() && retries.failures() < 2;
    boolean expired = link && status / 100 == 4 && status != 416;
    if (Retries.isPassing(status) || expired) {
      // What a redirect led to may have expired; the original address leads to a new one.
      forgetWay();
      retries.afterStatus(status, answer.headers());
      return;
    }
    switch (status) {
      case 404, 410 -> throw new NoSuchFileException(display);
      case 401 -> throw refused(credentials());
      case 403 ->
          throw refused(
              "the server refuses access (status 403): the model may be gated, so that its terms"
                  + " must be accepted on its page, or the address may have expired");
      case 416 -> throw refused("the server says that it has become shorter (status 416)");
      case 200 ->
          throw new RemoteException(
              "The server of "
                  + QuotedName.of(display)
                  + " does not serve ranges (status 200 where 206 is expected); "
                  + WAY_OUT);
      default -> throw refused("the server answered with status " + status);
    }
  }

  private String credentials() {
    boolean hub = WebAddress.sameOrigin(address, client.options().endpoint());
    if (!hub) {
      return "the server wants other credentials (status 401)";
    }
    return client.options().token().isPresent()
        ? "the Hub does not accept the token (status 401)"
        : "the Hub wants a token (status 401): the name may be wrong, or the model private or"
            + " gated, then set HF_TOKEN";
  }

  private RemoteException refused(String reason) {
    return new RemoteException("Cannot read " + QuotedName.of(display) + ": " + reason + ".");
  }
}
