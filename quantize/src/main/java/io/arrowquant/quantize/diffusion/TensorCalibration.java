package io.arrowquant.quantize.diffusion;

import io.arrowquant.arrow.parquet.LayerRecord.ActivationStats;
import io.arrowquant.arrow.parquet.LayerRecord.TimeAware;
import io.arrowquant.quantize.fit.ColumnImportance;
import java.util.Optional;

/**
 * What calibration decided for one tensor. Arrays are not to be changed.
 *
 * @param weighted whether errors in the weights count by what was seen, at all timesteps
 * @param importance what errors in the columns of the matrix that is quantized count; null where
 *     they count alike
 * @param scales what its columns were multiplied with; null where they were not
 * @param timeAware ranges of its input per group of timesteps; null where that is off
 * @param activations of each of its input channels; null where calibration does not tell them
 */
public record TensorCalibration(
    boolean weighted,
    ColumnImportance importance,
    float[] scales,
    TimeAware timeAware,
    ActivationStats activations) {

  /** Before the weights are looked at. */
  public static TensorCalibration pending(boolean weighted) {
    return new TensorCalibration(weighted, null, null, null, null);
  }

  /** The scales, if columns are multiplied. */
  public Optional<float[]> equalization() {
    return Optional.ofNullable(scales);
  }
}
