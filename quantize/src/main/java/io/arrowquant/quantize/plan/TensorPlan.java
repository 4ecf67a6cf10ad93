package io.arrowquant.quantize.plan;

import io.arrowquant.arrow.parquet.Flattening;
import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.diffusion.TensorCalibration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What happens to one tensor, and why.
 *
 * @param layerId its number: tensors are numbered in the order of their names
 * @param tensor where it is
 * @param flattening how it becomes a matrix
 * @param rows of that matrix; 0 for an empty tensor
 * @param columns of that matrix, along which groups run
 * @param treatment kept or quantized
 * @param scale what the stored values are multiplied with, where the source has scales beside them
 * @param calibration what calibration data decided; empty where there is none for the tensor
 */
public record TensorPlan(
    int layerId,
    CheckpointTensor tensor,
    Flattening flattening,
    long rows,
    long columns,
    Treatment treatment,
    Optional<WeightScale> scale,
    Optional<TensorCalibration> calibration) {

  static TensorPlan of(int layerId, CheckpointTensor tensor, Treatment treatment) {
    List<Long> shape = tensor.shape();
    MatrixShape matrix = MatrixShape.of(tensor.name(), shape);
    if (matrix.columns() * tensor.dtype().bits() % 8 != 0) {
      // A row would not be whole bytes; the tensor is, or its header would have been refused.
      return new TensorPlan(
          layerId,
          tensor,
          Flattening.FLAT,
          1,
          tensor.elementCount(),
          treatment,
          Optional.empty(),
          Optional.empty());
    }
    Flattening flattening =
        switch (shape.size()) {
          case 0 -> Flattening.SCALAR;
          case 1 -> Flattening.VECTOR;
          case 2 -> Flattening.MATRIX;
          default ->
              MatrixShape.isStacked(tensor.name(), shape)
                  ? Flattening.STACKED
                  : Flattening.CONVOLUTION;
        };
    return new TensorPlan(
        layerId,
        tensor,
        flattening,
        matrix.rows(),
        matrix.columns(),
        treatment,
        Optional.empty(),
        Optional.empty());
  }

  /** The same tensor, treated otherwise. */
  public TensorPlan with(Treatment other) {
    return new TensorPlan(layerId, tensor, flattening, rows, columns, other, scale, calibration);
  }

  TensorPlan with(Optional<WeightScale> found) {
    return new TensorPlan(
        layerId, tensor, flattening, rows, columns, treatment, found, calibration);
  }

  /** The same tensor, calibrated. */
  public TensorPlan with(TensorCalibration found) {
    return new TensorPlan(
        layerId, tensor, flattening, rows, columns, treatment, scale, Optional.of(found));
  }

  /**
   * The tensor at a width by the settings. Where errors count by calibration they are searched for,
   * unless the user says a method: ranges know no importance.
   */
  public Treatment.Quantize at(DiffusionQuantConfig config, int bitWidth) {
    return Treatment.Quantize.of(
        config, bitWidth, OptionalInt.empty(), Optional.empty(), isWeighted());
  }

  /** Whether errors count by calibration. */
  boolean isWeighted() {
    return calibration.isPresent() && calibration.get().weighted();
  }

  /** Whether it is stored as it is. */
  public boolean isKept() {
    return treatment instanceof Treatment.Keep;
  }
}
