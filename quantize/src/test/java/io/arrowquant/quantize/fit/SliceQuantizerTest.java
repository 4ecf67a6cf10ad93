package io.arrowquant.quantize.fit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.measure.ErrorSums;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;

class SliceQuantizerTest {

  private static final int ROWS = 64;
  private static final int COLUMNS = 1024;

  private final PageLayout layout =
      PageLayout.of(List.of(new RowRun(0, "w", 0, ROWS, COLUMNS, 128)));

  @Test
  void whereverMemoryEndsNothingIsLeft() {
    try (BufferAllocator root = new RootAllocator();
        ArrowBuf source = source(root)) {
      int failures = 0;
      for (long limit = 256; ; limit *= 2) {
        try (BufferAllocator small = root.newChildAllocator("small", 0, limit)) {
          SliceQuantizer quantizer = new SliceQuantizer();
          List<SourceRows> rows = List.of(new SourceRows(DType.F32, source, 0));
          List<ErrorSums> sums = List.of(new ErrorSums());
          try {
            ((SliceOutcome.Quantized) quantizer.quantize(layout, rows, 4, Method.FAST, small, sums))
                .batch()
                .close();
            break;
          } catch (OutOfMemoryException e) {
            failures++;
            assertEquals(0, small.getAllocatedMemory());
          }
        }
      }
      assertEquals(true, failures > 3);
    }
  }

  @Test
  void aUsedQuantizerGivesTheBytesOfANewOne() {
    try (BufferAllocator root = new RootAllocator();
        ArrowBuf source = source(root)) {
      SliceQuantizer used = new SliceQuantizer();
      codes(used, source, 8, root);
      assertArrayEquals(codes(new SliceQuantizer(), source, 3, root), codes(used, source, 3, root));
    }
  }

  @Test
  void mismatchedArgumentsAreRefused() {
    try (BufferAllocator root = new RootAllocator();
        ArrowBuf source = source(root)) {
      SliceQuantizer quantizer = new SliceQuantizer();
      List<ErrorSums> sums = List.of(new ErrorSums());
      SourceRows rows = new SourceRows(DType.F32, source, 0);
      SourceRows beyond = new SourceRows(DType.F32, source, 4);
      assertThrows(
          IllegalArgumentException.class,
          () -> quantizer.quantize(layout, List.of(rows), 7, Method.FAST, root, sums));
      assertThrows(
          IllegalArgumentException.class,
          () -> quantizer.quantize(layout, List.of(beyond), 4, Method.FAST, root, sums));
      assertThrows(
          IllegalArgumentException.class,
          () -> quantizer.quantize(layout, List.of(), 4, Method.FAST, root, sums));
    }
  }

  private byte[] codes(SliceQuantizer quantizer, ArrowBuf source, int bits, BufferAllocator root) {
    List<SourceRows> rows = List.of(new SourceRows(DType.F32, source, 0));
    try (var batch =
        ((SliceOutcome.Quantized)
                quantizer.quantize(layout, rows, bits, Method.FAST, root, List.of(new ErrorSums())))
            .batch()) {
      return batch.codes().get(0);
    }
  }

  private static ArrowBuf source(BufferAllocator root) {
    float[] weights = new Gaussian(1).values(ROWS * COLUMNS, 0.02);
    ArrowBuf source = root.buffer(4L * weights.length);
    // Arrow may round a buffer up; the checks are against the capacity.
    source.capacity(4L * weights.length);
    for (int i = 0; i < weights.length; i++) {
      source.setFloat(4L * i, weights[i]);
    }
    return source;
  }
}
