package io.arrowquant.arrow.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorLayout.Limits;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafeTensorsAdapterTest {

  @TempDir Path folder;
  private final BufferAllocator allocator = new RootAllocator();

  @AfterEach
  void nothingLeft() {
    assertEquals(0, allocator.getAllocatedMemory());
    allocator.close();
  }

  @Test
  void vectorsLieOverTheMapping() {
    Path file = floats(Map.of("w", List.of(8L, 16L), "b", List.of(16L), "s", List.of()));
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator)) {
      try (FieldVector weights = adapter.tensor("w");
          FieldVector flat = adapter.tensorFlat("w");
          FieldVector widened = adapter.tensorF32("w");
          FieldVector bias = adapter.tensor("b");
          FieldVector scalar = adapter.tensor("s")) {
        FixedSizeListVector matrix = assertInstanceOf(FixedSizeListVector.class, weights);
        assertEquals(8, matrix.getValueCount());
        assertEquals(16, matrix.getListSize());
        assertEquals(0, matrix.getNullCount());
        assertInstanceOf(Float4Vector.class, flat);
        assertEquals(128, flat.getValueCount());
        long address = matrix.getDataVector().getDataBuffer().memoryAddress();
        assertEquals(address, flat.getDataBuffer().memoryAddress());
        assertEquals(
            address,
            ((FixedSizeListVector) widened).getDataVector().getDataBuffer().memoryAddress());
        TensorInfo w = adapter.tensorInfo("w");
        TensorInfo b = adapter.tensorInfo("b");
        assertEquals(
            b.begin() - w.begin(), bias.getDataBuffer().memoryAddress() - address, "one mapping");
        assertEquals(1, scalar.getValueCount());
        assertEquals(16, bias.getValueCount());
        assertEquals("[8, 16]", matrix.getField().getMetadata().get("arrowquant.shape"));
        assertEquals("F32", matrix.getField().getMetadata().get("arrowquant.dtype"));
        assertEquals(
            Files.size(file) + 4096, allocator.getAllocatedMemory(), "mapping and one bitmap");
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyDtypeShowsTheBytesOfTheFile(DType dtype) throws IOException {
    List<Long> shape = List.of(6L, 8L);
    byte[] data = new byte[48 * dtype.bits() / 8];
    new Random(dtype.ordinal()).nextBytes(data);
    for (int padding = 0; padding < 8; padding += 3) {
      Path file = misaligned(dtype, shape, data, padding);
      for (IoMode mode : List.of(IoMode.MMAP, IoMode.READ)) {
        try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator, mode);
            FixedSizeListVector matrix = (FixedSizeListVector) adapter.tensor("t");
            FieldVector flat = adapter.tensorFlat("t")) {
          assertEquals(6, matrix.getValueCount());
          assertEquals(data.length / 6, matrix.getListSize() * width(matrix.getDataVector()));
          assertBytes(data, matrix.getDataVector());
          assertBytes(data, flat);
          assertEquals(dtype.name(), flat.getField().getMetadata().get("arrowquant.dtype"));
          if (mode == IoMode.MMAP) {
            long offset = adapter.checkpoint().tensors().get(0).position();
            assertEquals(offset % 8, flat.getDataBuffer().memoryAddress() % 8);
          }
        }
      }
    }
  }

  @Test
  void subByteRowsThatEndInsideAByteAreOneRow() throws IOException {
    Path file = misaligned(DType.F4, List.of(2L, 3L), new byte[] {1, 2, 3}, 0);
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator);
        FixedSizeListVector matrix = (FixedSizeListVector) adapter.tensor("t")) {
      assertEquals(1, matrix.getValueCount());
      assertEquals(3, matrix.getListSize());
      assertThrows(UnsupportedDTypeException.class, () -> adapter.tensorF32("t"));
      assertFalse(adapter.allTensors2d().iterator().hasNext());
    }
  }

  @Test
  void ranksBecomeMatrices() {
    Path file =
        floats(
            Map.of(
                "scalar", List.of(),
                "row", List.of(5L),
                "conv", List.of(4L, 3L, 2L, 2L),
                "stack", List.of(2L, 3L, 64L),
                "no rows", List.of(0L, 7L),
                "no columns", List.of(7L, 0L)));
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator)) {
      assertEquals(6, adapter.tensorNames().size());
      assertEquals(1 + 5 + 48 + 384, adapter.parameterCount());
      StringBuilder shapes = new StringBuilder();
      for (FixedSizeListVector matrix : adapter.allTensors2d()) {
        try (matrix) {
          shapes.append(
              matrix.getName() + " " + matrix.getValueCount() + "x" + matrix.getListSize() + "; ");
        }
      }
      assertEquals(
          "conv 4x12; no columns 0x0; no rows 0x7; row 1x5; scalar 1x1; stack 6x64; ",
          shapes.toString());
      assertFalse(adapter.tensorBatches("no rows").hasNext());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = IoMode.class,
      names = {"MMAP", "READ"})
  void tensorsBeyondOneVectorComeAsBatchesOfWholeRows(IoMode mode) throws IOException {
    Path file = floats(Map.of("w", List.of(100L, 30L), "b", List.of(3000L)));
    Limits limits = new Limits(1000, 1 << 20);
    try (SafeTensorsAdapter adapter =
        new SafeTensorsAdapter(Checkpoint.open(file), allocator, false, mode, limits)) {
      assertEquals(List.of(33, 33, 33, 1), rows(adapter.tensorBatches("w")));
      assertEquals(List.of(1000, 1000, 1000), rows(adapter.tensorBatches("b")));
      assertThrows(MemoryLimitException.class, () -> adapter.tensor("w"));
      assertThrows(MemoryLimitException.class, () -> adapter.tensorF32("b"), "a row too long");
      try (ArrowReader reader = adapter.stream("w")) {
        VectorSchemaRoot root = reader.getVectorSchemaRoot();
        float next = 3000;
        while (reader.loadNextBatch()) {
          FixedSizeListVector matrix = (FixedSizeListVector) root.getVector(0);
          assertEquals(root.getRowCount(), matrix.getValueCount());
          Float4Vector values = (Float4Vector) matrix.getDataVector();
          for (int i = 0; i < values.getValueCount(); i++) {
            assertEquals(next++, values.get(i));
          }
        }
        assertEquals(6000, next);
        assertEquals(12_000, reader.bytesRead());
      }
    }
    Limits bytes = new Limits(Integer.MAX_VALUE, 4 * 30 * 7);
    try (SafeTensorsAdapter adapter =
        new SafeTensorsAdapter(Checkpoint.open(file), allocator, false, mode, bytes)) {
      assertEquals(15, rows(adapter.tensorBatches("w")).size());
      assertEquals(15, rows(adapter.tensorF32Batches("w")).size());
    }
  }

  @Test
  void wideningReadsSliceBySlice() throws IOException {
    int count = (1 << 20) + 12_345;
    ByteBuffer data = ByteBuffer.allocate(count * 2).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      data.putShort((short) i);
    }
    Path file = misaligned(DType.BF16, List.of((long) count), data.array(), 1);
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator, IoMode.READ);
        FixedSizeListVector widened = adapter.tensorF32("t")) {
      assertEquals(count, widened.getListSize());
      for (int i = 0; i < count; i++) {
        assertEquals(
            i << 16, widened.getDataVector().getDataBuffer().getInt(i * 4L), "payloads too");
      }
    }
    try (BufferAllocator small = allocator.newChildAllocator("small", 0, 4 << 20);
        SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, small, IoMode.READ)) {
      MemoryLimitException error =
          assertThrows(MemoryLimitException.class, () -> adapter.tensorF32("t"));
      assertTrue(error.getMessage().contains("\"t\" needs " + count * 4), error.getMessage());
    }
  }

  @Test
  void integersWidenToo() throws IOException {
    ByteBuffer longs = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    longs.putLong(-7).putLong((1 << 24) + 1).putLong(3);
    Path file = misaligned(DType.I64, List.of(3L, 1L), longs.array(), 0);
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator);
        FixedSizeListVector matrix = adapter.tensorF32("t")) {
      Float4Vector values = (Float4Vector) matrix.getDataVector();
      assertEquals(-7f, values.get(0));
      assertEquals(1 << 24, values.get(1), "rounded");
      assertEquals("I64", matrix.getField().getMetadata().get("arrowquant.dtype"));
    }
  }

  @Test
  void vectorsOutliveTheAdapterAndUnmapLast() throws IOException {
    Path file = floats(Map.of("w", List.of(8L, 16L)));
    SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file);
    FieldVector flat = adapter.tensorFlat("w");
    FieldVector matrix = adapter.tensor("w");
    adapter.close();
    adapter.close();
    assertEquals(5f, ((Float4Vector) flat).get(5));
    flat.close();
    assertTrue(isMapped(file));
    assertEquals(127f, ((Float4Vector) ((FixedSizeListVector) matrix).getDataVector()).get(127));
    matrix.close();
    assertFalse(isMapped(file));
  }

  @Test
  void useAfterCloseAndUnknownNamesAreErrors() {
    Path file = floats(Map.of("w", List.of(2L)));
    SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator);
    IllegalArgumentException unknown =
        assertThrows(IllegalArgumentException.class, () -> adapter.tensor("v"));
    assertTrue(unknown.getMessage().contains("\"v\""), unknown.getMessage());
    Iterator<FieldVector> begun = adapter.tensorBatches("w");
    adapter.close();
    for (Runnable use :
        List.<Runnable>of(
            () -> adapter.tensor("w"),
            () -> adapter.tensorF32("w"),
            () -> adapter.tensorBatches("w"),
            () -> adapter.allTensors2d(),
            () -> adapter.stream("w"),
            () -> begun.next())) {
      assertTrue(
          assertThrows(IllegalStateException.class, use::run).getMessage().contains("closed"));
    }
  }

  @Test
  void aFileThatChangedIsAnError() throws IOException {
    Path file = floats(Map.of("w", List.of(200L)));
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator)) {
      truncate(file, Files.size(file) - 1);
      assertThrows(StorageException.class, () -> adapter.tensor("w"));
    }
    assertEquals(0, allocator.getAllocatedMemory());
  }

  @Test
  void realFiles() throws IOException {
    Path data = Path.of(System.getProperty("arrowquant.shared", "absent"));
    Assumptions.assumeTrue(Files.isDirectory(data), "no real models at " + data);
    for (String name :
        List.of(
            "silero_vad_16k.safetensors",
            "taef2_decoder.safetensors",
            "derived_taef2_decoder_bf16.safetensors",
            "candle_voices.safetensors",
            "moshi_test_lm_out.safetensors",
            "sharded_taef2_decoder")) {
      try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(data.resolve(name), allocator)) {
        long values = 0;
        for (String tensor : adapter.tensorNames()) {
          TensorInfo info = adapter.tensorInfo(tensor);
          try (FieldVector flat = adapter.tensorFlat(tensor);
              FixedSizeListVector widened = adapter.tensorF32(tensor);
              RandomAccessFile in = new RandomAccessFile(adapter.shardOf(tensor).toFile(), "r")) {
            byte[] bytes = new byte[Math.toIntExact(info.byteSize())];
            in.seek(in.length() - dataSize(adapter, tensor) + info.begin());
            in.readFully(bytes);
            assertBytes(bytes, flat);
            values += (long) widened.getValueCount() * widened.getListSize();
          }
        }
        assertEquals(adapter.parameterCount(), values);
        assertEquals(adapter.tensorNames().size(), adapter.summary().tensorCount());
      }
    }
    try (SafeTensorsAdapter adapter =
            SafeTensorsAdapter.load(data.resolve("swift_data.safetensors"), allocator);
        IntVector values = (IntVector) adapter.tensorFlat(adapter.tensorNames().get(0))) {
      assertEquals(4, adapter.checkpoint().tensors().get(0).position() % 8);
      assertEquals(4, values.getDataBuffer().memoryAddress() % 8);
    }
    try (SafeTensorsAdapter whole =
            SafeTensorsAdapter.load(data.resolve("taef2_decoder.safetensors"), allocator);
        SafeTensorsAdapter shards =
            SafeTensorsAdapter.load(data.resolve("sharded_taef2_decoder"), allocator)) {
      assertEquals(whole.tensorNames(), shards.tensorNames());
      for (String name : whole.tensorNames()) {
        try (FieldVector one = whole.tensorFlat(name);
            FieldVector other = shards.tensorFlat(name)) {
          byte[] bytes = new byte[Math.toIntExact(one.getDataBuffer().capacity())];
          one.getDataBuffer().getBytes(0, bytes);
          assertBytes(bytes, other);
        }
      }
    }
  }

  private static long dataSize(SafeTensorsAdapter adapter, String tensor) {
    return adapter.checkpoint().tensor(tensor).orElseThrow().file().tensors().stream()
        .mapToLong(TensorInfo::end)
        .max()
        .orElse(0);
  }

  private List<Integer> rows(Iterator<? extends FieldVector> batches) {
    List<Integer> rows = new ArrayList<>();
    while (batches.hasNext()) {
      try (FieldVector batch = batches.next()) {
        rows.add(batch.getValueCount());
      }
    }
    return rows;
  }

  /** F32 tensors whose elements count up through the file's data. */
  private Path floats(Map<String, List<Long>> shapes) {
    Path file = folder.resolve("floats.safetensors");
    List<Entry> entries =
        shapes.entrySet().stream()
            .map(each -> new Entry(each.getKey(), DType.F32, each.getValue()))
            .toList();
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      float next = 0;
      while (writer.current().isPresent()) {
        int size = (int) writer.current().get().byteSize();
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
          bytes.putFloat(next++);
        }
        writer.write(bytes.flip());
      }
    }
    return file;
  }

  /** A file with one tensor whose data starts {@code padding} bytes after a multiple of 8. */
  private Path misaligned(DType dtype, List<Long> shape, byte[] data, int padding)
      throws IOException {
    String header =
        "{\"t\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,%d]}}"
            .formatted(dtype, shape, data.length);
    int length = (header.length() + 7) / 8 * 8 + padding;
    ByteBuffer bytes = ByteBuffer.allocate(8 + length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(length).put(header.getBytes(StandardCharsets.US_ASCII));
    bytes.put(" ".repeat(length - header.length()).getBytes(StandardCharsets.US_ASCII));
    bytes.put(data);
    return Files.write(folder.resolve("misaligned.safetensors"), bytes.array());
  }

  private static int width(FieldVector vector) {
    return ((BaseFixedWidthVector) vector).getTypeWidth();
  }

  private static void assertBytes(byte[] expected, FieldVector vector) {
    assertEquals(expected.length, vector.getValueCount() * width(vector));
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], vector.getDataBuffer().getByte(i));
    }
    if (vector instanceof UInt1Vector bytes && bytes.getValueCount() > 0) {
      assertFalse(bytes.isNull(bytes.getValueCount() - 1));
    }
  }

  private static boolean isMapped(Path file) throws IOException {
    Path maps = Path.of("/proc/self/maps");
    Assumptions.assumeTrue(Files.exists(maps), "needs /proc/self/maps");
    String name = file.toRealPath().toString();
    return Files.readAllLines(maps).stream().anyMatch(line -> line.endsWith(name));
  }

  private static void truncate(Path file, long size) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(size);
    }
  }
}
