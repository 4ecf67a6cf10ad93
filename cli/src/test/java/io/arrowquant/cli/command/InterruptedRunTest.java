package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterruptedRunTest {

  @TempDir Path folder;

  @Test
  void leavesNothingBehindWheneverItComes() throws Exception {
    Path model = folder.resolve("model");
    Path target = Files.createDirectory(folder.resolve("target"));
    new SyntheticCheckpoint(8_000_000, DType.F32, 1, 1).write(model, Progress.NONE);
    Random random = new Random(3);
    int interrupted = 0;
    for (int i = 0; i < 12; i++) {
      AtomicReference<Ran> ran = new AtomicReference<>();
      Thread run =
          new Thread(
              () -> ran.set(Ran.command("quantize", model, "-o", target.resolve("out"), "-q")));
      run.start();
      Thread.sleep(random.nextInt(150));
      run.interrupt();
      run.join();
      if (ran.get().code() == 0) {
        assertEquals(List.of("out"), names(target));
        assertEquals(
            0, Ran.command("quantize", model, "-o", target.resolve("out"), "--overwrite").code());
        delete(target.resolve("out"));
      } else {
        assertEquals(ExitCode.INTERRUPTED.number(), ran.get().code(), ran.get().err());
        assertEquals(List.of(), names(target), ran.get().err());
        interrupted++;
      }
    }
    assertTrue(interrupted > 0);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }
}
