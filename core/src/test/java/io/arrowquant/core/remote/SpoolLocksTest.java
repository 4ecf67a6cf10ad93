package io.arrowquant.core.remote;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who waits for whom when several files are fetched. */
class SpoolLocksTest {

  @TempDir Path folder;
  @TempDir Path disk;

  private final CountDownLatch slow = new CountDownLatch(1);
  private final CountDownLatch asked = new CountDownLatch(1);
  private LoopbackHub hub;
  private Spool spool;

  @BeforeEach
  void serve() throws IOException {
    Files.write(folder.resolve("slow.safetensors"), new byte[] {1, 2, 3});
    Files.write(folder.resolve("fast.safetensors"), new byte[] {4, 5});
    hub = new LoopbackHub(folder);
    spool = new Spool(disk);
  }

  @AfterEach
  void stop() {
    slow.countDown();
    hub.close();
    spool.close();
  }

  private RemoteFile file(String name) throws IOException {
    RemoteOptions options = RemoteOptions.of(Map.of("HF_ENDPOINT", hub.endpoint()), folder);
    return RemotePath.of(hub.files() + "/" + name, options).file();
  }

  /** The server holds one of the files back until it is let go. */
  private CompletableFuture<Path> slowly(RemoteFile file) throws InterruptedException {
    hub.fail(
        request -> {
          if (request.path().contains("slow")) {
            asked.countDown();
            try {
              assertTrue(slow.await(20, SECONDS));
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          return null;
        });
    CompletableFuture<Path> copy =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return spool.of(file);
              } catch (NoSuchFileException e) {
                throw new AssertionError(e);
              }
            });
    assertTrue(asked.await(20, SECONDS));
    return copy;
  }

  private List<Path> onDisk() throws IOException {
    try (Stream<Path> entries = Files.list(disk)) {
      return entries.toList();
    }
  }

  @Test
  void aFileDoesNotWaitForAnother() throws Exception {
    CompletableFuture<Path> waiting = slowly(file("slow.safetensors"));
    Path copy =
        CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return spool.of(file("fast.safetensors"));
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                })
            .get(10, SECONDS);
    assertArrayEquals(new byte[] {4, 5}, Files.readAllBytes(copy));
    assertFalse(waiting.isDone());
    slow.countDown();
    assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(waiting.get(10, SECONDS)));
  }

  @Test
  void closingDoesNotWaitForAFileThatIsBeingFetched() throws Exception {
    CompletableFuture<Path> waiting = slowly(file("slow.safetensors"));
    CompletableFuture.runAsync(spool::close).get(10, SECONDS);
    assertFalse(waiting.isDone());
    assertEquals(List.of(), onDisk());
    slow.countDown();
    waiting.get(10, SECONDS);
  }

  @Test
  void aFileIsFetchedOnceAndDeletedInTheEnd() throws IOException {
    RemoteFile file = file("fast.safetensors");
    Path copy = spool.of(file);
    assertEquals(copy, spool.of(file));
    assertEquals(1, hub.requests().size());
    spool.close();
    assertEquals(List.of(), onDisk());
    assertArrayEquals(new byte[] {4, 5}, Files.readAllBytes(spool.of(file)));
  }

  @Test
  void whatFailedIsFetchedWhenItIsThere() throws IOException {
    RemoteFile file = file("later.safetensors");
    assertThrows(NoSuchFileException.class, () -> spool.of(file));
    Files.write(folder.resolve("later.safetensors"), new byte[] {6});
    assertArrayEquals(new byte[] {6}, Files.readAllBytes(spool.of(file)));
  }
}
