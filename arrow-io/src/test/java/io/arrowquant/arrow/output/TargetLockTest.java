package io.arrowquant.arrow.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.OutputExistsException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TargetLockTest {

  private static final int ROUNDS = 300;

  @TempDir Path folder;

  @Test
  void oneRunAtATimeWhateverThePath() throws IOException {
    Path target = folder.resolve("model");
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
    Path file = folder.resolve(".model.lock");
    TargetLock lock = TargetLock.take(target);
    try (lock) {
      assertTrue(Files.exists(file));
      for (Path same : List.of(target, link.resolve("model"))) {
        OutputExistsException e =
            assertThrows(OutputExistsException.class, () -> TargetLock.take(same));
        assertTrue(e.getMessage().contains("Another run is writing"), e.getMessage());
      }
    }
    assertFalse(Files.exists(file));
    TargetLock.take(link.resolve("model")).close();
  }

  @Test
  void aFileLeftBehindLocksNobodyOut() throws IOException {
    Path file = Files.writeString(folder.resolve(".model.lock"), "left by a run that died");
    TargetLock.take(folder.resolve("model")).close();
    assertFalse(Files.exists(file));
  }

  @Test
  void anInterruptedThreadLeavesNoFile() throws IOException {
    Thread.currentThread().interrupt();
    TargetLock.take(folder.resolve("model")).close();
    assertTrue(Thread.interrupted());
    assertFalse(Files.exists(folder.resolve(".model.lock")));
  }

  /** Each holder makes a file that must not be there: two at a time would find each other's. */
  @Test
  void processesTakeTurns() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      processes.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xshare:auto",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Holder.class.getName(),
                  folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(new File(folder.toFile(), "output" + i))
              .start());
    }
    for (int i = 0; i < processes.size(); i++) {
      assertEquals(0, processes.get(i).waitFor(), Files.readString(folder.resolve("output" + i)));
    }
    assertFalse(Files.exists(folder.resolve(".model.lock")));
  }

  /** A process that takes the lock again and again. */
  static final class Holder {

    private Holder() {}

    public static void main(String[] args) throws IOException {
      Path target = Path.of(args[0], "model");
      Path alone = Path.of(args[0], "alone");
      for (int taken = 0; taken < ROUNDS; ) {
        TargetLock lock;
        try {
          lock = TargetLock.take(target);
        } catch (OutputExistsException e) {
          continue;
        }
        try (lock) {
          Files.createFile(alone);
          Files.delete(alone);
          taken++;
        }
      }
    }
  }
}
