package io.arrowquant.core.remote;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Hub on loopback that serves a folder as the model {@code org/name}, its weights by redirects to
 * signed addresses under a second host name, and as plain files under {@code /files}. It fails
 * whenever it is told to.
 */
public final class LoopbackHub implements AutoCloseable {

  public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  /** What was asked. */
  public record Request(String host, String path, String range, String authorization) {}

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");

  private final Path folder;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger signatures = new AtomicInteger();
  private volatile Function<Request, Fault> faults = request -> null;
  private volatile int expiredBefore;
  private volatile long delayMillis;
  private volatile String commit = COMMIT;
  private volatile long stallMillis = 3000;

  public LoopbackHub(Path folder) {
    this.folder = folder;
    try {
      server = HttpServer.create(new InetSocketAddress(0), 256);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Decides what goes wrong with a request; null for nothing. */
  public void fail(Function<Request, Fault> decision) {
    faults = decision;
  }

  /** Adds to the time of every answer. */
  public void delay(long millis) {
    delayMillis = millis;
  }

  /** The branch moves on. */
  public void commit(String other) {
    commit = other;
  }

  public List<Request> requests() {
    return requests;
  }

  /** {@code http://127.0.0.1:port}. */
  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Where the folder's files are without redirects. */
  public String files() {
    return endpoint() + "/files";
  }

  private void handle(HttpExchange exchange) throws IOException {
    Request request =
        new Request(
            exchange.getRequestHeaders().getFirst("Host").split(":")[0],
            exchange.getRequestURI().getPath(),
            exchange.getRequestHeaders().getFirst("Range"),
            exchange.getRequestHeaders().getFirst("Authorization"));
    requests.add(request);
    try (exchange) {
      if (delayMillis > 0) {
        Thread.sleep(delayMillis);
      }
      Fault fault = faults.apply(request);
      if (fault == null || !failed(exchange, fault)) {
        answer(exchange, request.path(), fault);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The reader has gone, or was to see the connection break.
    }
  }

  /** Faults that need no file. */
  private boolean failed(HttpExchange exchange, Fault fault)
      throws IOException, InterruptedException {
    switch (fault) {
      case TOO_MANY -> {
        exchange.getResponseHeaders().set("Retry-After", "0");
        status(exchange, 429);
      }
      case SERVER_ERROR -> status(exchange, 500);
      case BAD_GATEWAY -> status(exchange, 502);
      case UNAVAILABLE -> status(exchange, 503);
      case GATEWAY_TIMEOUT -> status(exchange, 504);
      case UNAUTHORIZED -> status(exchange, 401);
      case FORBIDDEN -> status(exchange, 403);
      case TEAPOT -> status(exchange, 418);
      case RESET -> exchange.close();
      case STALL -> {
        Thread.sleep(stallMillis);
        exchange.close();
      }
      case EXPIRED -> {
        expiredBefore = signatures.get() + 1;
        return false;
      }
      case REDIRECT_LOOP -> redirect(exchange, exchange.getRequestURI().toString());
      case REDIRECT_NOWHERE -> redirect(exchange, "ftp://example.org/file");
      default -> {
        return false;
      }
    }
    return true;
  }

  private void answer(HttpExchange exchange, String path, Fault fault)
      throws IOException, InterruptedException {
    String prefix = "/org/name/resolve/" + commit + "/";
    if (path.startsWith("/api/models/org/name/revision/")) {
      send(exchange, 200, listing().getBytes(StandardCharsets.UTF_8));
    } else if (path.startsWith("/files/")) {
      file(exchange, path.substring("/files/".length()), fault);
    } else if (path.startsWith(prefix) && path.endsWith(".safetensors")) {
      exchange.getResponseHeaders().set("X-Linked-ETag", "\"linked-" + path.hashCode() + "\"");
      String file = path.substring(prefix.length());
      String port = ":" + server.getAddress().getPort();
      redirect(
          exchange,
          "http://localhost" + port + "/cdn/" + file + "?X-Sig=" + signatures.incrementAndGet());
    } else if (path.startsWith(prefix)) {
      send(exchange, 200, Files.readAllBytes(existing(exchange, path.substring(prefix.length()))));
    } else if (path.startsWith("/cdn/")) {
      String signature = exchange.getRequestURI().getQuery().replaceAll(".*=", "");
      if (Integer.parseInt(signature) < expiredBefore) {
        status(exchange, 403);
      } else {
        file(exchange, path.substring("/cdn/".length()), fault);
      }
    } else {
      status(exchange, 404);
    }
  }

  private Path existing(HttpExchange exchange, String name) throws IOException {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      status(exchange, 404);
      throw new IOException("no " + name);
    }
    return file;
  }

  private void file(HttpExchange exchange, String name, Fault fault)
      throws IOException, InterruptedException {
    Path file = existing(exchange, name);
    long size = Files.size(file);
    String etag = fault == Fault.CHANGED_ETAG ? "\"other\"" : "\"" + name + size + "\"";
    exchange.getResponseHeaders().set("ETag", etag);
    String asked = exchange.getRequestHeaders().getFirst("Range");
    Matcher range = RANGE.matcher(asked == null ? "" : asked);
    if (!range.matches() || fault == Fault.NO_RANGES) {
      send(exchange, 200, file, 0, size, fault);
      return;
    }
    long first = Long.parseLong(range.group(1));
    long last = size - 1;
    if (!range.group(2).isEmpty()) {
      last = Math.min(Long.parseLong(range.group(2)), last);
    }
    if (first >= size) {
      exchange.getResponseHeaders().set("Content-Range", "bytes */" + size);
      status(exchange, 416);
      return;
    }
    if (fault == Fault.FEWER_BYTES) {
      last = first + (last - first) / 2;
    }
    if (fault == Fault.OTHER_RANGE) {
      first++;
      last++;
    }
    long total = fault == Fault.CHANGED_SIZE ? size + 8 : size;
    String content = "bytes " + first + "-" + last + "/" + total;
    if (fault == Fault.UNKNOWN_TOTAL) {
      content = "bytes " + first + "-" + last + "/*";
    }
    if (fault != Fault.NO_CONTENT_RANGE) {
      exchange.getResponseHeaders().set("Content-Range", content);
    }
    if (fault == Fault.COMPRESSED) {
      exchange.getResponseHeaders().set("Content-Encoding", "gzip");
    }
    send(exchange, 206, file, first, Math.max(0, Math.min(size, last + 1) - first), fault);
  }

  private void send(
      HttpExchange exchange, int status, Path file, long first, long count, Fault fault)
      throws IOException, InterruptedException {
    exchange.sendResponseHeaders(status, count);
    long sent = fault == Fault.SHORT_BODY || fault == Fault.STALLED_BODY ? count / 2 : count;
    byte[] buffer = new byte[1 << 16];
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      in.seek(first);
      OutputStream out = exchange.getResponseBody();
      for (long done = 0; done < sent; ) {
        int n = in.read(buffer, 0, (int) Math.min(buffer.length, sent - done));
        out.write(buffer, 0, n);
        done += n;
      }
      out.flush();
      if (fault == Fault.STALLED_BODY) {
        Thread.sleep(stallMillis);
      }
    }
  }

  private String listing() throws IOException {
    StringBuilder json = new StringBuilder("{\"sha\": \"" + commit + "\", \"siblings\": [");
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        json.append(json.charAt(json.length() - 1) == '[' ? "" : ", ")
            .append("{\"rfilename\": \"" + name + "\", \"size\": " + Files.size(file) + "}");
      }
    }
    return json.append("]}").toString();
  }

  private static void redirect(HttpExchange exchange, String location) throws IOException {
    exchange.getResponseHeaders().set("Location", location);
    status(exchange, 302);
  }

  private static void status(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, -1);
  }

  private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
