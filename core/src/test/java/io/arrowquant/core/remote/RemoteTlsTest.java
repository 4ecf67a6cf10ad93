package io.arrowquant.core.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.arrowquant.core.RemoteException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reading over TLS. Readers are processes of their own, since a JVM makes up its mind once about
 * whom it trusts.
 */
class RemoteTlsTest {

  private static final byte[] CONTENT = "not much of a model".getBytes(StandardCharsets.UTF_8);
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path folder;

  private Path keys;
  private HttpsServer secure;
  private HttpServer plain;
  private final List<String> askedInPlain = new CopyOnWriteArrayList<>();
  private final List<String> credentials = new CopyOnWriteArrayList<>();

  @BeforeEach
  void serve() throws Exception {
    keys = folder.resolve("keys.p12");
    run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            "server",
            "-keyalg",
            "EC",
            "-dname",
            "CN=localhost",
            "-ext",
            "san=dns:localhost",
            "-storetype",
            "PKCS12",
            "-keystore",
            keys.toString(),
            "-storepass",
            new String(PASSWORD)),
        Map.of());
    plain = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
    plain.createContext(
        "/",
        exchange -> {
          askedInPlain.add(exchange.getRequestURI().toString());
          content(exchange);
        });
    secure = HttpsServer.create(new InetSocketAddress("localhost", 0), 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(context()));
    secure.createContext("/model.safetensors", this::content);
    secure.createContext(
        "/moved.safetensors",
        exchange -> {
          exchange
              .getResponseHeaders()
              .set(
                  "Location",
                  "http://localhost:" + plain.getAddress().getPort() + "/model.safetensors");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    plain.start();
    secure.start();
  }

  @AfterEach
  void stop() {
    secure.stop(0);
    plain.stop(0);
  }

  private SSLContext context() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD);
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  private void content(HttpExchange exchange) throws IOException {
    try (exchange) {
      credentials.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes 0-" + (CONTENT.length - 1) + "/" + CONTENT.length);
      exchange.sendResponseHeaders(206, CONTENT.length);
      exchange.getResponseBody().write(CONTENT);
    }
  }

  /** The process that reads. */
  static final class Reader {
    private Reader() {}

    public static void main(String[] arguments) throws IOException {
      RemoteOptions options =
          RemoteOptions.of(System.getenv(), Path.of(arguments[1]))
              .withRetry(new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(10)));
      try {
        RemotePath path = RemotePath.of(arguments[0], options);
        System.out.println("read " + new String(Files.readAllBytes(path), StandardCharsets.UTF_8));
      } catch (RemoteException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private String read(String name, boolean trusting) throws Exception {
    String server = "https://localhost:" + secure.getAddress().getPort();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (trusting) {
      command.add("-Djavax.net.ssl.trustStore=" + keys);
      command.add("-Djavax.net.ssl.trustStorePassword=" + new String(PASSWORD));
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            Reader.class.getName(),
            server + "/" + name,
            folder.toString()));
    return run(command, Map.of("HF_ENDPOINT", server, "HF_TOKEN", "hf_secret"));
  }

  private static String run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  @Test
  void aTrustedServerGetsTheTokenAndIsRead() throws Exception {
    String output = read("model.safetensors", true);
    assertTrue(output.contains("read not much of a model"), output);
    assertTrue(
        !credentials.isEmpty() && credentials.stream().allMatch("Bearer hf_secret"::equals),
        credentials.toString());
  }

  @Test
  void aServerThatIsNotTrustedIsSaidSoAndLearnsNothing() throws Exception {
    String output = read("model.safetensors", false);
    assertTrue(output.contains("certificate") && output.contains("trustStore"), output);
    assertEquals(List.of(), credentials);
    assertFalse(output.contains("hf_secret"), output);
  }

  @Test
  void aRedirectToPlainHttpIsNotFollowed() throws Exception {
    String output = read("moved.safetensors", true);
    assertTrue(output.contains("from https to http"), output);
    assertEquals(List.of(), askedInPlain);
    assertFalse(output.contains("hf_secret"), output);
  }
}
