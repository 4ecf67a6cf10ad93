package io.arrowquant.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyntheticCheckpointTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"F32,526126321", "F16,3303872627", "BF16,946052811"})
  void theSameNumbersGiveTheSameBytesOnEveryJdk(DType dtype, long crc) throws IOException {
    new SyntheticCheckpoint(200_000, dtype, 3, 7).write(folder, Progress.NONE);
    assertEquals(crc, crcOfAll(folder));
  }

  @Test
  void anotherSeedGivesOtherBytes() throws IOException {
    new SyntheticCheckpoint(100_000, DType.BF16, 1, 1).write(folder.resolve("a"), Progress.NONE);
    new SyntheticCheckpoint(100_000, DType.BF16, 1, 2).write(folder.resolve("b"), Progress.NONE);
    assertNotEquals(crcOfAll(folder.resolve("a")), crcOfAll(folder.resolve("b")));
  }

  @ParameterizedTest
  @ValueSource(longs = {100_000, 1_000_000, 100_000_000, 600_000_000, 7_000_000_000L})
  void isAboutAsLargeAsAskedFor(long parameters) {
    long made = new SyntheticCheckpoint(parameters, DType.BF16, 1, 1).parameterCount();
    assertEquals(1.0, (double) made / parameters, parameters < 1_000_000 ? 0.5 : 0.1);
  }

  @Test
  void shardsHaveAnIndexAndReportProgressToTheEnd() throws IOException {
    List<Long> calls = new ArrayList<>();
    SyntheticCheckpoint checkpoint = new SyntheticCheckpoint(300_000, DType.F16, 3, 1);
    checkpoint.write(
        folder,
        (current, total, message) -> {
          assertEquals(checkpoint.byteSize(), total);
          calls.add(current);
        });
    assertTrue(Files.exists(folder.resolve("diffusion_pytorch_model.safetensors.index.json")));
    assertTrue(
        Files.exists(folder.resolve("diffusion_pytorch_model-00001-of-00003.safetensors"))
            || Files.exists(folder.resolve("diffusion_pytorch_model-00001-of-00004.safetensors")));
    assertEquals(calls.stream().sorted().toList(), calls);
    assertEquals(checkpoint.byteSize(), calls.get(calls.size() - 1));
  }

  @Test
  void doesNotOverwrite() {
    SyntheticCheckpoint checkpoint = new SyntheticCheckpoint(100_000, DType.F32, 1, 1);
    checkpoint.write(folder, Progress.NONE);
    assertThrows(OutputExistsException.class, () -> checkpoint.write(folder, Progress.NONE));
  }

  @Test
  void makesNoIntegers() {
    assertThrows(
        UnsupportedDTypeException.class, () -> new SyntheticCheckpoint(1000, DType.I64, 1, 1));
  }

  private static long crcOfAll(Path folder) throws IOException {
    CRC32 crc = new CRC32();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        crc.update(Files.readAllBytes(file));
      }
    }
    return crc.getValue();
  }
}
