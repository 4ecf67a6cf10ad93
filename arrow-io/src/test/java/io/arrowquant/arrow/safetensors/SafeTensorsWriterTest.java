package io.arrowquant.arrow.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.HeaderParser;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsWriterTest {

  @TempDir Path folder;

  @Test
  void goldenBytes() throws IOException {
    Path file = folder.resolve("tiny.safetensors");
    List<Entry> entries =
        List.of(
            new Entry("b", DType.U8, List.of(3L)),
            new Entry("c", DType.F32, List.of()),
            new Entry("a", DType.F32, List.of(1L, 2L)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of("k", "v"), entries)) {
      writer.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
      writer.write(ByteBuffer.wrap(new byte[] {9, 10, 11, 12}));
      writer.write(ByteBuffer.wrap(new byte[] {13, 14, 15}));
    }
    String header =
        "{\"__metadata__\":{\"k\":\"v\"},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
            + "\"c\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[12,15]}}    ";
    assertEquals(0, header.length() % 8);
    ByteBuffer expected = ByteBuffer.allocate(8 + header.length() + 15);
    expected.put(new byte[] {(byte) header.length(), 0, 0, 0, 0, 0, 0, 0});
    expected.put(header.getBytes(StandardCharsets.US_ASCII));
    expected.put(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
    assertArrayEquals(expected.array(), Files.readAllBytes(file));
  }

  @Test
  void everyDtypeEmptyTensorsAndOddNamesRoundTrip() throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (DType dtype : DType.values()) {
      entries.add(new Entry(dtype.name(), dtype, List.of(3L, 4L)));
      entries.add(new Entry("empty " + dtype, dtype, List.of(0L, 7L)));
    }
    entries.add(new Entry("na\u00efve \"\\\n\u0001 \ud83d\ude00 \ue000", DType.I8, List.of(5L)));
    entries.add(new Entry("", DType.I8, List.of()));
    Path file = folder.resolve("all.safetensors");
    List<TensorInfo> order;
    try (SafeTensorsWriter writer =
        SafeTensorsWriter.create(file, Map.of("z", "1", "a", "\u00e9"), entries)) {
      order = writer.order();
      writeAll(writer, new Random(3));
    }
    SafeTensorsHeader header = HeaderParser.read(file);
    assertEquals(order, sameOffsets(header, order));
    assertEquals(0, header.dataStart() % 8);
    assertEquals(Map.of("z", "1", "a", "\u00e9"), header.metadata());
    for (TensorInfo tensor : order) {
      long elementBytes = Math.max(1, tensor.dtype().bits() / 8);
      assertEquals(0, tensor.begin() % elementBytes, tensor.name() + " is aligned");
    }
  }

  @Test
  void namesAreOrderedByTheirBytes() {
    List<Entry> entries =
        Stream.of("\ud83d\ude00", "\uff5e", "b", "a", "B")
            .map(name -> new Entry(name, DType.F32, List.of(0L)))
            .toList();
    SafeTensorsLayout layout = SafeTensorsLayout.of(Map.of(), entries);
    assertEquals(
        List.of("B", "a", "b", "\uff5e", "\ud83d\ude00"),
        layout.tensors().stream().map(TensorInfo::name).toList());
  }

  @Property(tries = 30)
  void anyChunkingGivesTheSameBytes(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 5000) int mostAtOnce) throws IOException {
    Path temporary = Files.createTempDirectory("chunks");
    Path file = temporary.resolve("t.safetensors");
    try {
      byte[] data = new byte[4 * 1000 + 77];
      new Random(seed).nextBytes(data);
      List<Entry> entries =
          List.of(
              new Entry("bytes", DType.U8, List.of(7L, 11L)),
              new Entry("floats", DType.F32, List.of(1000L)));
      Random chunks = new Random(seed);
      try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
        int at = 0;
        while (writer.current().isPresent()) {
          int room = (int) writer.current().get().end() - at;
          int count = Math.min(room, 1 + chunks.nextInt(mostAtOnce));
          ByteBuffer bytes =
              chunks.nextBoolean() ? ByteBuffer.allocate(count) : ByteBuffer.allocateDirect(count);
          writer.write(bytes.put(data, at, count).flip());
          assertFalse(bytes.hasRemaining());
          at += count;
        }
      }
      byte[] written = Files.readAllBytes(file);
      int start = (int) HeaderParser.read(file).dataStart();
      assertArrayEquals(data, Arrays.copyOfRange(written, start, written.length));
    } finally {
      Files.deleteIfExists(file);
      Files.delete(temporary);
    }
  }

  @Test
  void wrongAmountsAreErrorsAndLeaveNoFile() {
    Path file = folder.resolve("t.safetensors");
    List<Entry> entries = List.of(new Entry("w", DType.F32, List.of(2L)));
    SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries);
    ByteBuffer tooMany = ByteBuffer.allocate(9);
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> writer.write(tooMany));
    assertTrue(error.getMessage().contains("9 bytes"), error.getMessage());
    assertEquals(9, tooMany.remaining());
    writer.write(ByteBuffer.allocate(7));
    IllegalStateException incomplete = assertThrows(IllegalStateException.class, writer::close);
    assertTrue(incomplete.getMessage().contains("\"w\" lacks 1 of 8"), incomplete.getMessage());
    assertFalse(Files.exists(file));
    writer.close();
    assertThrows(IllegalStateException.class, () -> writer.write(ByteBuffer.allocate(1)));
  }

  @Test
  void refusesWhatTheFormatCannotHold() throws IOException {
    assertRefused(new Entry("a", DType.F4, List.of(3L)));
    assertRefused(new Entry("a", DType.F32, List.of(-1L)));
    assertRefused(new Entry("a", DType.F32, List.of(1L << 40, 1L << 40)));
    assertRefused(new Entry("__metadata__", DType.F32, List.of()));
    assertRefused(new Entry("a", DType.F32, List.of()), new Entry("a", DType.F64, List.of()));
    Path file = Files.createFile(folder.resolve("there.safetensors"));
    assertThrows(
        OutputExistsException.class, () -> SafeTensorsWriter.create(file, Map.of(), List.of()));
    assertEquals(0, Files.size(file));
    assertThrows(
        StorageException.class,
        () -> SafeTensorsWriter.create(folder.resolve("no/such"), Map.of(), List.of()));
  }

  @Test
  void aFileWithoutTensorsIsValid() {
    Path file = folder.resolve("none.safetensors");
    SafeTensorsWriter.create(file, Map.of(), List.of()).close();
    assertEquals(List.of(), HeaderParser.read(file).tensors());
  }

  @Test
  void shardsOpenAsOneCheckpoint() throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      entries.add(new Entry("layer." + i, DType.BF16, List.of(10L, 10L)));
    }
    entries.add(4, new Entry("large", DType.F32, List.of(1000L)));
    try (ShardedSafeTensorsWriter writer =
        ShardedSafeTensorsWriter.create(folder, "model", Map.of("format", "pt"), entries, 500)) {
      assertEquals(7, writer.order().size());
      Random random = new Random(5);
      while (writer.current().isPresent()) {
        byte[] bytes = new byte[(int) writer.current().get().byteSize()];
        random.nextBytes(bytes);
        writer.write(ByteBuffer.wrap(bytes));
      }
    }
    assertEquals(
        List.of(
            "model-00001-of-00004.safetensors",
            "model-00002-of-00004.safetensors",
            "model-00003-of-00004.safetensors",
            "model-00004-of-00004.safetensors",
            "model.safetensors.index.json"),
        files());
    Checkpoint checkpoint = Checkpoint.open(folder);
    assertEquals(List.of(), checkpoint.warnings());
    assertEquals(7, checkpoint.tensors().size());
    assertTrue(
        Files.readString(folder.resolve("model.safetensors.index.json"))
            .contains("\"total_size\" : 5200"));
  }

  @Test
  void oneShardNeedsNoIndex() throws IOException {
    try (ShardedSafeTensorsWriter writer =
        ShardedSafeTensorsWriter.create(
            folder, "model", Map.of(), List.of(new Entry("w", DType.U8, List.of(4L))), 100)) {
      writer.write(ByteBuffer.allocate(4));
    }
    assertEquals(List.of("model.safetensors"), files());
  }

  @Test
  void incompleteShardsAreAllDeleted() throws IOException {
    List<Entry> entries =
        List.of(new Entry("a", DType.U8, List.of(4L)), new Entry("b", DType.U8, List.of(4L)));
    ShardedSafeTensorsWriter writer =
        ShardedSafeTensorsWriter.create(folder, "model", Map.of(), entries, 4);
    writer.write(ByteBuffer.allocate(4));
    assertEquals(2, files().size());
    assertThrows(IllegalStateException.class, writer::close);
    assertEquals(List.of(), files());
  }

  private void assertRefused(Entry... entries) throws IOException {
    Path file = folder.resolve("refused.safetensors");
    assertThrows(
        IllegalArgumentException.class,
        () -> SafeTensorsWriter.create(file, Map.of(), List.of(entries)));
    assertFalse(Files.exists(file));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private static void writeAll(SafeTensorsWriter writer, Random random) {
    while (writer.current().isPresent()) {
      byte[] bytes = new byte[(int) writer.current().get().byteSize()];
      random.nextBytes(bytes);
      writer.write(ByteBuffer.wrap(bytes));
    }
  }

  /** The parser sorts empty tensors among others as it likes: by name they must be the same. */
  private static List<TensorInfo> sameOffsets(SafeTensorsHeader header, List<TensorInfo> order) {
    List<TensorInfo> sorted = new ArrayList<>(header.tensors());
    sorted.sort(Comparator.comparingInt(order::indexOf));
    return sorted;
  }
}
