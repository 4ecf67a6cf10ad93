package io.arrowquant.arrow.tensor;

import static io.arrowquant.arrow.tensor.TensorFiles.floats;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorLayout.Limits;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafeTensorsAdapterTest {

  @TempDir Path folder;
  @AutoClose private final BufferAllocator allocator = new RootAllocator();

  @Test
  void namesTellWhatTheModelMakes() {
    Path file =
        floats(
            folder,
            Map.of(
                "model.layers.0.self_attn.q_proj.weight", List.of(8L, 8L),
                "model.embed_tokens.weight", List.of(16L, 8L)));
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator)) {
      assertEquals(Modality.TEXT, adapter.detectModality());
    }
  }

  @Test
  void vectorsLieOverTheMapping() {
    Path file = floats(folder, Map.of("w", List.of(8L, 16L), "b", List.of(16L), "s", List.of()));
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

  @Test
  void ranksBecomeMatrices() {
    Path file =
        floats(
            folder,
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
    Path file = floats(folder, Map.of("w", List.of(100L, 30L), "b", List.of(3000L)));
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
  void vectorsOutliveTheAdapterAndUnmapLast() throws IOException {
    Path file = floats(folder, Map.of("w", List.of(8L, 16L)));
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
    Path file = floats(folder, Map.of("w", List.of(2L)));
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
    Path file = floats(folder, Map.of("w", List.of(200L)));
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator)) {
      truncate(file, Files.size(file) - 1);
      assertThrows(StorageException.class, () -> adapter.tensor("w"));
    }
    assertEquals(0, allocator.getAllocatedMemory());
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
