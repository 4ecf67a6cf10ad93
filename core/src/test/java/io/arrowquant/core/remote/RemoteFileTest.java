package io.arrowquant.core.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.RemoteException;
import io.arrowquant.core.RunInterruptedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ranges of a file on a server that fails in every way that a server can. */
class RemoteFileTest {

  private static final int SIZE = 1_500_000;

  @TempDir Path folder;

  private byte[] content;
  private LoopbackHub hub;

  @BeforeEach
  void serve() throws IOException {
    content = new byte[SIZE];
    new Random(1).nextBytes(content);
    Files.write(folder.resolve("model.safetensors"), content);
    hub = new LoopbackHub(folder);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private RemoteOptions options() {
    return RemoteOptions.of(Map.of("HF_ENDPOINT", hub.endpoint(), "HF_TOKEN", "hf_secret"), folder)
        .withRetry(new RetryPolicy(6, Duration.ofMillis(1), Duration.ofSeconds(2)))
        .withStall(Duration.ofMillis(1000));
  }

  private RemoteFile file(String address) throws IOException {
    return RemotePath.of(address, options()).file();
  }

  private RemoteFile onHub() throws IOException {
    return file("hf://org/name/model.safetensors");
  }

  private static byte[] read(RemoteFile file, int position, int length) throws IOException {
    byte[] target = new byte[length];
    AtomicInteger next = new AtomicInteger();
    long got =
        file.read(
            position,
            length,
            (offset, bytes) -> {
              assertEquals(next.get(), offset);
              next.addAndGet(bytes.remaining());
              bytes.get(target, (int) offset, bytes.remaining());
            });
    return got == length ? target : Arrays.copyOf(target, (int) got);
  }

  private void assertContent(RemoteFile file, int position, int length) throws IOException {
    assertArrayEquals(
        Arrays.copyOfRange(content, position, position + length), read(file, position, length));
  }

  @ParameterizedTest
  @EnumSource
  void eachFaultIsGotOverOrSaid(Fault fault) throws IOException {
    Random random = new Random(fault.ordinal());
    for (int round = 0; round < (fault.name().startsWith("STALL") ? 1 : 4); round++) {
      RemoteFile file = onHub();
      assertContent(file, 0, 10);
      int at = random.nextInt(5);
      AtomicInteger asked = new AtomicInteger();
      hub.fail(
          r ->
              r.path().startsWith("/cdn/") && due(fault, asked.getAndIncrement(), at)
                  ? fault
                  : null);
      Executable reading =
          () -> {
            for (int i = 0; i < 6; i++) {
              int position = random.nextInt(SIZE - 300_000);
              assertContent(file, position, 1 + random.nextInt(300_000));
            }
          };
      if (fault.passes()) {
        reading.run();
        // The JDK itself asks again where no answer came at all.
        assertTrue(fault == Fault.RESET || file.traffic().retries() > 0, "a retry is counted");
      } else if (fault == Fault.UNAUTHORIZED || fault == Fault.FORBIDDEN || fault == Fault.TEAPOT) {
        reading.run(); // what a redirect led to may refuse: the original is asked again
      } else {
        RemoteException e = assertThrows(RemoteException.class, reading::run);
        assertFalse(e.getMessage().contains("X-Sig"), e.getMessage());
        assertTrue(e.getMessage().matches("(?s).*(127.0.0.1|localhost|hf://).*"), e.getMessage());
      }
      hub.fail(r -> null);
    }
  }

  /** Once, but a loop has no end. */
  private static boolean due(Fault fault, int asked, int at) {
    return fault == Fault.REDIRECT_LOOP ? asked >= at : asked == at;
  }

  private interface Executable {
    void run() throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void faultsAtTheFirstRequestToo(Fault fault) throws IOException {
    AtomicInteger asked = new AtomicInteger();
    hub.fail(r -> r.range() != null && due(fault, asked.getAndIncrement(), 0) ? fault : null);
    RemoteFile file = onHub();
    boolean harmless =
        fault.passes()
            || fault == Fault.CHANGED_ETAG
            || fault == Fault.CHANGED_SIZE
            // The first request is for the original address, which redirects.
            || fault == Fault.OTHER_RANGE
            || fault == Fault.NO_CONTENT_RANGE
            || fault == Fault.UNKNOWN_TOTAL
            || fault == Fault.NO_RANGES
            || fault == Fault.COMPRESSED;
    if (harmless) {
      assertContent(file, 5, 200_000);
    } else {
      assertThrows(RemoteException.class, () -> read(file, 5, 200_000));
    }
  }

  @Test
  void aServerWithoutRangesIsNamedWithTheWayOut() throws IOException {
    hub.fail(r -> Fault.NO_RANGES);
    RemoteFile file = file(hub.files() + "/model.safetensors");
    RemoteException e = assertThrows(RemoteException.class, file::size);
    assertTrue(e.getMessage().contains("does not serve ranges"), e.getMessage());
    assertTrue(e.getMessage().contains("--download"), e.getMessage());
  }

  @Test
  void whatNeverPassesIsGivenUp() throws IOException {
    hub.fail(r -> Fault.UNAVAILABLE);
    RemoteFile file = file(hub.files() + "/model.safetensors");
    RemoteException e = assertThrows(RemoteException.class, () -> read(file, 0, 10));
    assertTrue(e.getMessage().contains("status 503, 6 times in a row"), e.getMessage());
    assertEquals(6, hub.requests().size());
  }

  @Test
  void resumesInsideTheRange() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    hub.fail(r -> asked.getAndIncrement() == 0 ? Fault.FEWER_BYTES : null);
    RemoteFile file = file(hub.files() + "/model.safetensors");
    assertContent(file, 1000, 900_000);
    assertEquals("bytes=1000-900999", hub.requests().get(0).range());
    assertEquals("bytes=451000-900999", hub.requests().get(1).range());
    assertEquals(900_000, file.traffic().bytes());
  }

  @Test
  void theTokenGoesToTheHubAlone() throws IOException {
    assertContent(onHub(), 0, 100_000);
    assertEquals(3, hub.requests().size());
    for (LoopbackHub.Request request : hub.requests()) {
      String expected = request.host().equals("127.0.0.1") ? "Bearer hf_secret" : null;
      assertEquals(expected, request.authorization(), request.path());
    }
  }

  @Test
  void noTokenForOtherServers() throws IOException {
    String other = hub.files().replace("127.0.0.1", "localhost");
    file(other + "/model.safetensors").size();
    assertEquals(null, hub.requests().get(0).authorization());
  }

  @Test
  void userAndPasswordAreSentAndNeverShown() throws IOException {
    String address = hub.files().replace("//", "//me:pass@").replace("127.0.0.1", "localhost");
    RemotePath path = RemotePath.of(address + "/missing.safetensors?sig=geheim", options());
    NoSuchFileException e = assertThrows(NoSuchFileException.class, () -> path.file().size());
    assertEquals("Basic bWU6cGFzcw==", hub.requests().get(0).authorization());
    for (String shown : new String[] {path.toString(), e.getMessage(), path.toUri().toString()}) {
      assertFalse(shown.contains("pass") || shown.contains("geheim"), shown);
    }
  }

  @Test
  void redirectsToPrivateNetworksAreNotFollowed() throws IOException {
    RemoteOptions options = options().withNetworks(host -> host.equals("localhost"));
    RemoteFile file = RemotePath.of("hf://org/name/model.safetensors", options).file();
    RemoteException e = assertThrows(RemoteException.class, file::size);
    assertTrue(e.getMessage().contains("on a private network"), e.getMessage());
    assertTrue(hub.requests().stream().noneMatch(r -> r.host().equals("localhost")));
  }

  @Test
  void waitsAsLongAsTheServerAsksButNotForever() throws IOException {
    RemoteOptions impatient =
        options().withRetry(new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(0)));
    AtomicInteger asked = new AtomicInteger();
    hub.fail(r -> asked.getAndIncrement() == 0 ? Fault.TOO_MANY : null);
    String address = hub.files() + "/model.safetensors";
    assertEquals(SIZE, RemotePath.of(address, impatient).file().size());
  }

  @Test
  void interruptsEndTheWait() throws Exception {
    hub.fail(r -> Fault.STALL);
    RemoteFile file = file(hub.files() + "/model.safetensors");
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                file.size();
              } catch (IOException | RuntimeException e) {
                thrown.set(e);
              }
            });
    reader.start();
    Thread.sleep(100);
    reader.interrupt();
    reader.join(5000);
    assertTrue(thrown.get() instanceof RunInterruptedException, "thrown: " + thrown.get());
  }

  @Test
  void emptyAndMissingFiles() throws IOException {
    Files.write(folder.resolve("empty.safetensors"), new byte[0]);
    assertEquals(0, file(hub.files() + "/empty.safetensors").size());
    RemoteFile missing = file(hub.files() + "/missing.safetensors");
    assertThrows(NoSuchFileException.class, missing::size);
    assertThrows(NoSuchFileException.class, missing::size);
    assertEquals(2, hub.requests().size(), "what is missing is asked for once");
  }
}
