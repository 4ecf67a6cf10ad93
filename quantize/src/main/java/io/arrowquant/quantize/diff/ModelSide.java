package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.core.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.SortedMap;
import org.apache.arrow.memory.BufferAllocator;

/** One of the two models: a checkpoint or a quantized model. Safe for use by many threads. */
sealed interface ModelSide extends AutoCloseable permits CheckpointSide, StoredSide {

  static ModelSide open(Path path, BufferAllocator memory) {
    return Manifest.isIn(path)
        ? new StoredSide(path, memory)
        : new CheckpointSide(Checkpoint.open(path), memory);
  }

  /** All tensors by name. */
  SortedMap<String, TensorFacts> tensors();

  /** Whether a tensor's stored values have been multiplied with published scales already. */
  boolean isScaled(String name);

  /**
   * The values of a tensor.
   *
   * @param scaled whether values are to be multiplied with the scales published beside them
   */
  TensorCursor open(String name, boolean scaled);

  @Override
  void close();
}
