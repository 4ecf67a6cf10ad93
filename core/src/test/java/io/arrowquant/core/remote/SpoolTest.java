package io.arrowquant.core.remote;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.RemoteException;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole files fetched from a server that breaks off. */
class SpoolTest {

  @TempDir Path served;
  @TempDir Path parent;

  private byte[] content;
  private LoopbackHub hub;

  @BeforeEach
  void serve() throws IOException {
    content = new byte[600_000];
    new Random(1).nextBytes(content);
    Files.write(served.resolve("model.safetensors"), content);
    hub = new LoopbackHub(served);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @ParameterizedTest
  @EnumSource(names = {"SHORT_BODY", "STALLED_BODY"})
  void goesOnWhereItBrokeOff(Fault fault) throws IOException {
    failOnce(fault, null);
    assertArrayEquals(content, fetched());
    assertEquals("bytes=300000-", hub.requests().get(1).range());
  }

  @Test
  void beginsAnewWhereTheServerHasNoRanges() throws IOException {
    failOnce(Fault.SHORT_BODY, Fault.NO_RANGES);
    assertArrayEquals(content, fetched());
    assertEquals(2, hub.requests().size());
  }

  @ParameterizedTest
  @EnumSource(names = {"TOO_MANY", "UNAVAILABLE", "RESET"})
  void getsOverWhatPasses(Fault fault) throws IOException {
    failOnce(fault, null);
    assertArrayEquals(content, fetched());
  }

  /** The halves of two versions are no file. */
  @ParameterizedTest
  @EnumSource(names = {"CHANGED_ETAG", "CHANGED_SIZE"})
  void refusesTheRestOfAnotherVersion(Fault fault) {
    failOnce(Fault.SHORT_BODY, fault);
    RemoteException e = assertThrows(RemoteException.class, this::fetched);
    assertTrue(e.getMessage().contains("changed on the server while it was read"), e.getMessage());
  }

  @Test
  void whatCannotBeFetchedLeavesNothing() throws IOException {
    assertThrows(NoSuchFileException.class, () -> fetch("other.safetensors"));
    hub.fail(r -> Fault.SHORT_BODY);
    assertThrows(RemoteException.class, this::fetched);
    try (Stream<Path> left = Files.list(parent)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    Path nowhere = parent.resolve("nowhere");
    RemotePath path = path("model.safetensors").downloading(nowhere);
    StorageException e = assertThrows(StorageException.class, () -> path.file().local());
    assertTrue(e.getMessage().contains("nowhere"), e.getMessage());
  }

  private void failOnce(Fault first, Fault second) {
    AtomicInteger asked = new AtomicInteger();
    hub.fail(
        r ->
            switch (asked.getAndIncrement()) {
              case 0 -> first;
              case 1 -> second;
              default -> null;
            });
  }

  private byte[] fetched() throws IOException {
    return fetch("model.safetensors");
  }

  private byte[] fetch(String name) throws IOException {
    RemotePath path = path(name).downloading(parent);
    try {
      return Files.readAllBytes(path.file().local().orElseThrow());
    } finally {
      path.deleteCopies();
    }
  }

  private RemotePath path(String name) {
    RemoteOptions options =
        RemoteOptions.of(Map.of(), parent)
            .withRetry(new RetryPolicy(6, Duration.ofMillis(1), Duration.ofSeconds(2)))
            .withStall(Duration.ofMillis(1000));
    return RemotePath.of(hub.files() + "/" + name, options);
  }
}
