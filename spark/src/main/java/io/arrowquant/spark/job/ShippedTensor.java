package io.arrowquant.spark.job;

import io.arrowquant.arrow.parquet.Flattening;
import io.arrowquant.quantize.diffusion.TensorCalibration;
import io.arrowquant.quantize.fit.ColumnImportance;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import io.arrowquant.quantize.plan.WeightScale;
import io.arrowquant.spark.hadoop.ShippedBytes;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * A planned tensor on its way to an executor.
 *
 * @param bytes where it is
 * @param scale where its scales are; null without
 * @param calibration null without
 */
record ShippedTensor(
    int layerId,
    ShippedBytes bytes,
    Flattening flattening,
    long rows,
    long columns,
    Treatment treatment,
    Scale scale,
    Calibration calibration)
    implements Serializable {

  private static final long serialVersionUID = 1;

  /** A {@link WeightScale}. */
  record Scale(ShippedBytes bytes, long blockRows, long blockColumns, long scalesPerRow)
      implements Serializable {

    private static final long serialVersionUID = 1;

    static Scale of(WeightScale scale) {
      return new Scale(
          ShippedBytes.of(scale.tensor()),
          scale.blockRows(),
          scale.blockColumns(),
          scale.scalesPerRow());
    }

    WeightScale scale(Function<String, Path> files) {
      return new WeightScale(bytes.tensor(files), blockRows, blockColumns, scalesPerRow);
    }
  }

  /** What of a {@link TensorCalibration} the weights depend on. */
  record Calibration(boolean weighted, ColumnImportance importance, float[] scales)
      implements Serializable {

    private static final long serialVersionUID = 1;

    static Calibration of(TensorCalibration calibration) {
      return new Calibration(
          calibration.weighted(), calibration.importance(), calibration.scales());
    }

    TensorCalibration calibration() {
      return new TensorCalibration(weighted, importance, scales, null, null);
    }
  }

  static ShippedTensor of(TensorPlan plan) {
    return new ShippedTensor(
        plan.layerId(),
        ShippedBytes.of(plan.tensor()),
        plan.flattening(),
        plan.rows(),
        plan.columns(),
        plan.treatment(),
        plan.scale().map(Scale::of).orElse(null),
        plan.calibration().map(Calibration::of).orElse(null));
  }

  /**
   * The plan, on the machine that carries it out.
   *
   * @param files opens locations there
   */
  TensorPlan plan(Function<String, Path> files) {
    return new TensorPlan(
        layerId,
        bytes.tensor(files),
        flattening,
        rows,
        columns,
        treatment,
        Optional.ofNullable(scale).map(s -> s.scale(files)),
        Optional.ofNullable(calibration).map(Calibration::calibration));
  }
}
