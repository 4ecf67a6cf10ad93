package io.arrowquant.quantize.calibration;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which tensor a layer's name in calibration data means: one of that name, with or without {@code
 * .weight}, in a diffusers model also without its component where only one component has it.
 */
public final class LayerNames {

  private static final String WEIGHT = ".weight";

  private final Map<String, CheckpointTensor> byLayer = new HashMap<>();

  /**
   * @param tensors of a checkpoint; only those that can be matrices of weights count
   */
  public LayerNames(List<CheckpointTensor> tensors) {
    Set<String> ambiguous = new HashSet<>();
    List<CheckpointTensor> matrices = tensors.stream().filter(LayerNames::isMatrix).toList();
    for (CheckpointTensor tensor : matrices) {
      byLayer.put(layerOf(tensor.name()), tensor);
    }
    Map<String, CheckpointTensor> withoutComponent = new HashMap<>();
    for (CheckpointTensor tensor : matrices) {
      int slash = tensor.name().indexOf('/');
      String name = layerOf(tensor.name().substring(slash + 1));
      if (slash >= 0 && withoutComponent.put(name, tensor) != null) {
        ambiguous.add(name);
      }
    }
    withoutComponent.keySet().removeAll(ambiguous);
    withoutComponent.forEach(byLayer::putIfAbsent);
  }

  /** The tensor that a layer's name means, if the model has one. */
  public Optional<CheckpointTensor> tensor(String layer) {
    return Optional.ofNullable(byLayer.get(layerOf(layer)));
  }

  /** The layer that a tensor is the weight of. */
  public static String layerOf(String tensor) {
    return tensor.endsWith(WEIGHT)
        ? tensor.substring(0, tensor.length() - WEIGHT.length())
        : tensor;
  }

  /**
   * How many channels go into a layer: the columns of its matrix, or for a convolution the second
   * dimension of its kernel, the channels whose every position counts alike.
   */
  public static int channels(CheckpointTensor tensor) {
    List<Long> shape = tensor.shape();
    boolean convolution = shape.size() > 2 && !MatrixShape.isStacked(tensor.name(), shape);
    return Math.toIntExact(convolution ? shape.get(1) : shape.get(shape.size() - 1));
  }

  /** The counts of channels that statistics of a tensor may have: that above, or its columns. */
  static List<Long> allowedChannels(CheckpointTensor tensor) {
    List<Long> allowed = new ArrayList<>();
    allowed.add((long) channels(tensor));
    allowed.add(MatrixShape.of(tensor.name(), tensor.shape()).columns());
    return allowed.stream().distinct().toList();
  }

  /** Whether calibration may speak of a tensor: a matrix of floating-point numbers. */
  public static boolean isMatrix(CheckpointTensor tensor) {
    return tensor.dtype().holdsWeights()
        && tensor.shape().size() >= 2
        && tensor.elementCount() > 0
        && tensor.shape().stream().allMatch(dimension -> dimension <= RowRun.MAX_COLUMNS)
        && MatrixShape.of(tensor.name(), tensor.shape()).columns() <= RowRun.MAX_COLUMNS;
  }
}
