package io.arrowquant.cli.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.command.ExitCode;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint that is cut short while it is read ends the run with an error, not the process. */
class CutShortTest {

  private static final int ROUNDS = Integer.getInteger("arrowquant.kills", 2);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"mmap", "read"})
  void whileItIsRead(String io) throws Exception {
    Path out = folder.resolve("out");
    for (int round = 0; round < ROUNDS; round++) {
      Path model = SparseModel.write(folder.resolve("model.safetensors"), 12, 1024, 4096);
      Fork run = Fork.start("quantize", model, "-q", "-o", out, "--io", io, "--threads", 1);
      run.await(folder.resolve(".out.partial"));
      Thread.sleep(40 + 60L * round % 300);
      try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
        file.setLength(1_000_000);
      }
      Fork.Ended ended = run.end();
      assertEquals(ExitCode.STORAGE.number(), ended.code(), ended.text());
      String text = ended.text();
      assertTrue(
          Stream.of("cut short", "shrunk", "ends at", "bytes, expected", "Cannot read")
              .anyMatch(text::contains),
          text);
      assertFalse(Files.exists(out));
    }
  }
}
