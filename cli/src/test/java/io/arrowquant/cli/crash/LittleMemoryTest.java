package io.arrowquant.cli.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.command.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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
    Fork.Ended ended = small(256, model, out, io, "--max-memory", 256);
    assertEquals(0, ended.code(), ended.text());
    assertTrue(Files.size(out.resolve("layers.parquet")) > 0);
  }

  /** Each of many threads wants a slice of 16 MB. */
  @Test
  void theLimitIsNamedByWhatPassesIt() throws Exception {
    Path model = SparseModel.write(folder.resolve("model.safetensors"), 1, 65_536, 8192);
    Fork.Ended ended =
        small(256, model, folder.resolve("out"), "read", "--max-memory", 64, "--threads", 64);
    assertEquals(ExitCode.MEMORY.number(), ended.code(), ended.text());
    assertTrue(ended.text().contains("max_memory_limit_mb"), ended.text());
  }

  private static Fork.Ended small(int heap, Path model, Path out, String io, Object... options)
      throws Exception {
    List<String> words =
        new ArrayList<>(
            Fork.command(
                Stream.concat(
                        Stream.of("quantize", model, "-q", "-o", out, "--io", io),
                        Stream.of(options))
                    .toArray()));
    words.add(1, "-Xmx" + heap + "m");
    return Fork.start(words).end();
  }
}
