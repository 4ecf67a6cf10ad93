package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.pipeline.RunOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is stopped and resumed gives the bytes of one that was not. */
class ResumeTest {

  private static final RunOptions RESUME = RunOptions.DEFAULT.withResume(true);

  /** Some tensors fall short at 3 bits and get more, so that decisions are taken again as well. */
  private static final DiffusionQuantConfig CONFIG =
      DiffusionQuantConfig.builder().bitWidth(3).minAccuracy(0.985).threads(2).build();

  @TempDir Path folder;
  private Path source;
  private Path journal;
  private Map<String, byte[]> expected;

  @BeforeEach
  void quantizeOnce() throws IOException {
    source = folder.resolve("source.safetensors");
    List<Entry> tensors = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      tensors.add(new Entry("blocks." + i + ".weight", DType.F32, List.of(512L + i, 1100L)));
    }
    tensors.addAll(OddCheckpoint.TENSORS.subList(7, 9));
    Random random = new Random(5);
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(source, Map.of(), tensors)) {
      while (writer.current().isPresent()) {
        int bytes = (int) writer.current().get().byteSize();
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.remaining() >= 4) {
          buffer.putInt(0x3c003c00 | random.nextInt() & 0x83ff83ff);
        }
        writer.write(buffer.position(0));
      }
    }
    journal = folder.resolve(".out.journal");
    Path whole = folder.resolve("whole");
    new ArrowQuantV2().quantizeFromSafeTensors(source, whole, CONFIG);
    expected = files(whole);
  }

  @Test
  void theBytesAreThoseOfOneRun() throws IOException {
    int stops = 0;
    while (stops < 50 && !run(3 + stops)) {
      stops++;
      assertTrue(Files.size(journal) > 0);
      assertFalse(Files.exists(folder.resolve("out")));
      assertFalse(Files.exists(folder.resolve(".out.partial")));
    }
    assertTrue(stops > 0, "the run was never stopped");
    assertSameBytes(folder.resolve("out"));
    assertFalse(Files.exists(journal));
  }

  /** As a crash leaves it: a record torn off, or bytes that never reached the disk. */
  @Test
  void aTornJournalIsUsedUpToItsLastSoundRecord() throws IOException {
    assertFalse(run(6));
    byte[] bytes = Files.readAllBytes(journal);
    for (int cut : new int[] {1, bytes.length / 2, bytes.length - 5, bytes.length}) {
      Files.write(journal, Arrays.copyOf(bytes, cut));
      assertTrue(run(Integer.MAX_VALUE));
      assertSameBytes(folder.resolve("out"));
      Files.move(folder.resolve("out"), folder.resolve("cut" + cut));
    }
    byte[] flipped = bytes.clone();
    flipped[bytes.length / 3] ^= 4;
    Files.write(journal, flipped, StandardOpenOption.CREATE);
    assertTrue(run(Integer.MAX_VALUE));
    assertSameBytes(folder.resolve("out"));
  }

  @Test
  void anotherSourceOrOtherSettingsAreRefused() throws IOException {
    assertFalse(run(5));
    Path output = folder.resolve("out");
    InvalidConfigException other =
        assertThrows(
            InvalidConfigException.class,
            () ->
                new ArrowQuantV2()
                    .quantizeFromSafeTensors(
                        source,
                        output,
                        DiffusionQuantConfig.builder().bitWidth(5).build(),
                        RESUME,
                        Progress.NONE));
    assertTrue(other.getMessage().contains(".out.journal"), other.getMessage());
    Files.setLastModifiedTime(source, FileTime.fromMillis(12345));
    assertThrows(InvalidConfigException.class, () -> run(Integer.MAX_VALUE));
    new ArrowQuantV2().quantizeFromSafeTensors(source, output, CONFIG);
    assertFalse(Files.exists(journal), "a complete model needs none");
  }

  /** Runs until it has heard so many calls; whether it came to its end. */
  private boolean run(int calls) {
    int[] heard = {0};
    Progress stop =
        (current, total, message) -> {
          if (++heard[0] >= calls && current < total || current > total / 2 && calls < 10) {
            Thread.currentThread().interrupt();
          }
        };
    try {
      new ArrowQuantV2()
          .quantizeFromSafeTensors(source, folder.resolve("out"), CONFIG, RESUME, stop);
      return true;
    } catch (RunInterruptedException e) {
      Thread.interrupted();
      return false;
    } finally {
      Thread.interrupted();
    }
  }

  private void assertSameBytes(Path model) throws IOException {
    Map<String, byte[]> found = files(model);
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach((name, bytes) -> assertArrayEquals(bytes, found.get(name), name));
  }

  private static Map<String, byte[]> files(Path model) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(model)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        files.put(model.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }
}
