package io.arrowquant.core.remote;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RemoteException;
import io.arrowquant.core.Version;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.ResponseInfo;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Asks servers: redirects are followed by hand, and credentials go to the origin that they are for
 * and to no other.
 */
final class RemoteClient {

  /** One pool of connections for the process; HTTP/1.1, since parallel ranges want several. */
  private static final class Shared {
    static final HttpClient HTTP =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(15))
            .build();
  }

  private final RemoteOptions options;
  private final Optional<Spool> spool;
  private final Traffic traffic = new Traffic();

  /**
   * @param spool where whole files go that servers give no ranges of; empty to read ranges
   */
  RemoteClient(RemoteOptions options, Optional<Spool> spool) {
    this.options = options;
    this.spool = spool;
  }

  Optional<Spool> spool() {
    return spool;
  }

  /**
   * What is asked for.
   *
   * @param original the user's address, which decides what credentials are for
   * @param address where to ask first: the original, or what it led to before
   * @param range the value of a Range header
   * @param body what takes the body of an answer, by its status and headers and the headers of the
   *     first redirect; null to ignore it
   */
  record Question(
      URI original,
      URI address,
      Optional<String> range,
      BiFunction<ResponseInfo, Optional<HttpHeaders>, BodyReader> body) {}

  /**
   * @param fresh whether the original address was asked
   * @param address that answered last
   * @param redirect the headers of the first redirect, where there was one
   * @param bytes of the body handed on
   * @param failure what broke the body off; null where it came whole
   */
  record Answer(
      boolean fresh,
      URI address,
      Optional<HttpHeaders> redirect,
      int status,
      HttpHeaders headers,
      long bytes,
      IOException failure) {}

  RemoteOptions options() {
    return options;
  }

  Traffic traffic() {
    return traffic;
  }

  /**
   * Asks, and follows redirects until something else is answered.
   *
   * @throws IOException if no answer comes
   * @throws RemoteException if a redirect is one not to be followed
   * @throws io.arrowquant.core.RunInterruptedException if the thread is interrupted
   */
  Answer ask(Question question) throws IOException {
    URI address = question.address();
    Optional<HttpHeaders> redirect = Optional.empty();
    for (int hops = 0; hops <= Redirects.MOST; hops++) {
      Optional<HttpHeaders> first = redirect;
      Exchange exchange =
          new Exchange(
              info -> isRedirect(info.statusCode()) ? null : question.body().apply(info, first),
              traffic);
      IOException failure = exchange.run(Shared.HTTP, request(question, address), options.stall());
      int status = exchange.info().statusCode();
      HttpHeaders headers = exchange.info().headers();
      Optional<String> location = headers.firstValue("Location");
      if (!isRedirect(status) || location.isEmpty()) {
        boolean fresh = question.address().equals(question.original());
        return new Answer(fresh, address, redirect, status, headers, exchange.received(), failure);
      }
      if (redirect.isEmpty()) {
        redirect = Optional.of(headers);
      }
      address = Redirects.follow(question.original(), address, location.get(), options.networks());
    }
    throw new RemoteException(
        "The server "
            + QuotedName.of(WebAddress.server(question.original()))
            + " redirects more than "
            + Redirects.MOST
            + " times in a row.");
  }

  private HttpRequest request(Question question, URI address) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(WebAddress.withoutUser(address))
            .timeout(options.stall())
            .header("User-Agent", "arrowquant/" + Version.current())
            .header("Accept-Encoding", "identity");
    question.range().ifPresent(range -> request.header("Range", range));
    if (WebAddress.sameOrigin(address, question.original())) {
      authorization(question.original()).ifPresent(a -> request.header("Authorization", a));
    }
    return request.build();
  }

  private Optional<String> authorization(URI original) {
    Optional<String> own = WebAddress.basicAuthorization(original);
    return own.isPresent() || !WebAddress.sameOrigin(original, options.endpoint())
        ? own
        : options.token().map(token -> "Bearer " + token);
  }

  private static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }
}
