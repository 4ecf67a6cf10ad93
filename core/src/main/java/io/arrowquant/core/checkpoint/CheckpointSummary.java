package io.arrowquant.core.checkpoint;

import io.arrowquant.core.modality.ModalityFinding;
import io.arrowquant.core.safetensors.DType;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint at a glance, from headers alone.
 *
 * @param tensorCount number of tensors
 * @param totalBytes bytes of data in all tensors
 * @param parameterCount elements in all tensors
 * @param dtypes one count per dtype that occurs, most bytes first
 * @param largest at most ten tensors, most bytes first
 * @param metadata {@code __metadata__} per file, by path relative to the checkpoint's folder
 * @param modality what the checkpoint makes or reads, and how that was found out
 */
public record CheckpointSummary(
    int tensorCount,
    long totalBytes,
    long parameterCount,
    List<DTypeCount> dtypes,
    List<CheckpointTensor> largest,
    Map<String, Map<String, String>> metadata,
    ModalityFinding modality) {

  private static final int LARGEST = 10;

  static CheckpointSummary of(Checkpoint checkpoint, List<CheckpointTensor> tensors) {
    Map<DType, DTypeCount> counts = new EnumMap<>(DType.class);
    for (CheckpointTensor tensor : tensors) {
      counts.merge(
          tensor.dtype(),
          new DTypeCount(tensor.dtype(), 1, tensor.elementCount(), tensor.byteSize()),
          CheckpointSummary::add);
    }
    return new CheckpointSummary(
        tensors.size(),
        counts.values().stream().mapToLong(DTypeCount::bytes).sum(),
        counts.values().stream().mapToLong(DTypeCount::parameters).sum(),
        counts.values().stream()
            .sorted(Comparator.comparingLong(DTypeCount::bytes).reversed())
            .toList(),
        tensors.stream()
            .sorted(Comparator.comparingLong(CheckpointTensor::byteSize).reversed())
            .limit(LARGEST)
            .toList(),
        checkpoint.metadata(),
        checkpoint.modality());
  }

  private static DTypeCount add(DTypeCount a, DTypeCount b) {
    return new DTypeCount(
        a.dtype(),
        a.tensors() + b.tensors(),
        a.parameters() + b.parameters(),
        a.bytes() + b.bytes());
  }
}
