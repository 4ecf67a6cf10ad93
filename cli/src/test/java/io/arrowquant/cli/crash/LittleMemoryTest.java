package io.arrowquant.cli.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.command.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models larger than the memory that there is for them; what has too little is told so. */
class LittleMemoryTest {

  @TempDir Path folder;

  /** 1.2 GB in tensors of 48 MB, and one tensor of 3 GB. */
  @ParameterizedTest
  @EnabledIfSystemProperty(named = "arrowquant.large", matches = "true")
  @CsvSource({"25,3000,4000,mmap", "25,3000,4000,read", "1,98304,8192,mmap", "1,98304,8192,read"})
  void aHeapAndBuffersOf256MiB(int tensors, long rows, long columns, String io) throws Exception {
    Path model = SparseModel.write(folder.resolve("model.safetensors"), tensors, rows, columns);
    Path out = folder.resolve("out");
    Fork.Ended ended = small("-Xmx256m", "--max-memory", 256, model, out, io);
    assertEquals(0, ended.code(), ended.text());
    assertTrue(Files.size(out.resolve("layers.parquet")) > 0);
  }

  @Test
  void theLimitIsNamedByWhatPassesIt() throws Exception {
    Path model = SparseModel.write(folder.resolve("model.safetensors"), 4, 1024, 8192);
    Fork.Ended ended = small("-Xmx256m", "--threads", 64, model, folder.resolve("out"), "read");
    if (ended.code() != 0) {
      assertEquals(ExitCode.MEMORY.number(), ended.code(), ended.text());
      assertTrue(ended.text().contains("max_memory_limit_mb"), ended.text());
    }
  }

  private static Fork.Ended small(
      String heap, String option, int value, Path model, Path out, String io) throws Exception {
    List<String> words =
        new ArrayList<>(
            Fork.command("quantize", model, "-q", "-o", out, "--io", io, option, value));
    words.add(1, heap);
    return Fork.start(words).end();
  }
}
