package io.arrowquant.arrow.tensor;

import static io.arrowquant.arrow.tensor.TensorFiles.assertBytes;
import static io.arrowquant.arrow.tensor.TensorFiles.misaligned;
import static io.arrowquant.arrow.tensor.TensorFiles.width;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Elements of every dtype, as they are in the file and widened. */
class TensorDTypesTest {

  @TempDir Path folder;
  @AutoClose private final BufferAllocator allocator = new RootAllocator();

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyDtypeShowsTheBytesOfTheFile(DType dtype) throws IOException {
    List<Long> shape = List.of(6L, 8L);
    byte[] data = new byte[48 * dtype.bits() / 8];
    new Random(dtype.ordinal()).nextBytes(data);
    for (int padding = 0; padding < 8; padding += 3) {
      Path file = misaligned(folder, dtype, shape, data, padding);
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
    Path file = misaligned(folder, DType.F4, List.of(2L, 3L), new byte[] {1, 2, 3}, 0);
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator);
        FixedSizeListVector matrix = (FixedSizeListVector) adapter.tensor("t")) {
      assertEquals(1, matrix.getValueCount());
      assertEquals(3, matrix.getListSize());
      assertThrows(UnsupportedDTypeException.class, () -> adapter.tensorF32("t"));
      assertFalse(adapter.allTensors2d().iterator().hasNext());
    }
  }

  @Test
  void wideningReadsSliceBySlice() throws IOException {
    int count = (1 << 20) + 12_345;
    ByteBuffer data = ByteBuffer.allocate(count * 2).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      data.putShort((short) i);
    }
    Path file = misaligned(folder, DType.BF16, List.of((long) count), data.array(), 1);
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
    Path file = misaligned(folder, DType.I64, List.of(3L, 1L), longs.array(), 0);
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator);
        FixedSizeListVector matrix = adapter.tensorF32("t")) {
      Float4Vector values = (Float4Vector) matrix.getDataVector();
      assertEquals(-7f, values.get(0));
      assertEquals(1 << 24, values.get(1), "rounded");
      assertEquals("I64", matrix.getField().getMetadata().get("arrowquant.dtype"));
    }
  }
}
