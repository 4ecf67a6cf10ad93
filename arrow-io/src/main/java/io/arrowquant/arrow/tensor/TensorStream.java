package io.arrowquant.arrow.tensor;

import java.io.IOException;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;

/** A tensor's batches as an Arrow reader of one column, named as the tensor. */
final class TensorStream extends ArrowReader {

  private final TensorBatches batches;
  private long bytesRead;

  TensorStream(TensorBatches batches, BufferAllocator allocator) {
    super(allocator);
    this.batches = batches;
  }

  @Override
  public boolean loadNextBatch() throws IOException {
    prepareLoadNextBatch();
    if (!batches.hasNext()) {
      return false;
    }
    VectorSchemaRoot root = getVectorSchemaRoot();
    int rows = batches.loadNext(root.getVector(0));
    root.setRowCount(rows);
    bytesRead += rows * batches.layout().rowBytes();
    return true;
  }

  @Override
  public long bytesRead() {
    return bytesRead;
  }

  @Override
  protected void closeReadSource() {
    // The adapter owns the source.
  }

  @Override
  protected Schema readSchema() {
    return new Schema(List.of(batches.layout().field()));
  }
}
