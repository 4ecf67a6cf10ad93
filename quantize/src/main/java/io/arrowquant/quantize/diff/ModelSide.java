package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.quantize.plan.WeightScale;
import java.nio.file.Path;
import java.util.Optional;
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

  /** The values of a tensor as they are stored, decoded where they are quantized. */
  TensorCursor stored(String name);

  /** The scales published beside a tensor that its stored values are still to be multiplied by. */
  Optional<WeightScale> scale(String name);

  /** What a tensor's values mean: those stored, times the scales beside them if there are some. */
  default TensorCursor open(String name, BufferAllocator memory) {
    Optional<WeightScale> scale = scale(name);
    if (scale.isEmpty()) {
      return stored(name);
    }
    long columns = MatrixShape.of(name, tensors().get(name).shape()).columns();
    TensorCursor published = stored(scale.get().tensor().name());
    return new ScaledCursor(stored(name), scale.get(), published, columns, memory);
  }

  @Override
  void close();
}
