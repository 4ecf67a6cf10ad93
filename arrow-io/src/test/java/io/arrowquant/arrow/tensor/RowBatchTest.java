package io.arrowquant.arrow.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.Test;

class RowBatchTest {

  @Test
  void abandonedWhereItCannotBeFinished() {
    try (RootAllocator allocator = new RootAllocator()) {
      try (VectorSchemaRoot root = VectorSchemaRoot.create(RowBatch.SCHEMA, allocator);
          ArrowBuf weights = allocator.buffer(4 * 3)) {
        RowBatch batch = new RowBatch(root, 2);
        batch.add(0, "a", 0, 0, 3);
        allocator.setLimit(allocator.getAllocatedMemory());
        assertThrows(OutOfMemoryException.class, () -> batch.finish(weights));
        batch.abandon();
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
  }
}
