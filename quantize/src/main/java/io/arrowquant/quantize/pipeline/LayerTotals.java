package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.quantize.diffusion.TensorCalibration;
import io.arrowquant.quantize.kernel.SourceSums;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.util.ArrayList;
import java.util.List;

/** What the slices of one tensor add up to. */
final class LayerTotals {

  private final TensorPlan plan;
  private final List<LayerRecord.Attempt> attempts;
  private final ErrorSums sums = new ErrorSums();
  private int crc;
  private long storedBytes;

  /**
   * @param attempts widths that fell short before
   */
  LayerTotals(TensorPlan plan, List<LayerRecord.Attempt> attempts) {
    this.plan = plan;
    this.attempts = attempts;
  }

  /** Adds the rows that follow. */
  void add(ErrorSums slice, int sliceCrc, long sourceBytes, long stored) {
    sums.merge(slice);
    crc = Crc32cCombination.combine(crc, sliceCrc, sourceBytes);
    storedBytes += stored;
  }

  TensorPlan plan() {
    return plan;
  }

  ErrorSums sums() {
    return sums;
  }

  /**
   * @param sourceFile relative to the checkpoint's folder
   */
  LayerRecord record(String sourceFile, boolean diffusionModel, Modality modality) {
    Quality quality = sums.quality();
    boolean quantized = plan.treatment() instanceof Treatment.Quantize;
    return new LayerRecord(
        plan.layerId(),
        plan.tensor().name(),
        sourceFile,
        plan.tensor().shape(),
        plan.rows(),
        plan.columns(),
        plan.tensor().dtype(),
        plan.flattening(),
        plan.treatment() instanceof Treatment.Quantize q
            ? new LayerRecord.Quantization(
                q.bitWidth(), q.method().codeWidth(q.bitWidth()), q.groupSize(), q.method().word())
            : null,
        plan.scale().map(scale -> scale.tensor().name()).orElse(null),
        plan.treatment() instanceof Treatment.Keep keep ? keep.reason() : null,
        attempts,
        quantized
            ? new LayerRecord.Quality(
                quality.cosineSimilarity(),
                quality.sqnrDb(),
                quality.worstGroupSqnrDb(),
                quality.rmse(),
                quality.maxAbsError())
            : null,
        SourceSums.has(plan.tensor().dtype())
            ? new LayerRecord.Statistics(
                quality.sourceMin(),
                quality.sourceMax(),
                quality.sourceMean(),
                quality.sourceStd(),
                quality.nanCount(),
                quality.infCount())
            : null,
        plan.tensor().byteSize(),
        storedBytes,
        crc,
        diffusionModel,
        modality,
        plan.calibration().map(TensorCalibration::timeAware).orElse(null),
        quantized ? spatial() : null,
        plan.calibration().map(TensorCalibration::activations).orElse(null));
  }

  /** Scales that make weights' errors count alike even out activations, too: they are the same. */
  private LayerRecord.Spatial spatial() {
    return plan.calibration()
        .flatMap(TensorCalibration::equalization)
        .map(scales -> new LayerRecord.Spatial(true, true, list(scales)))
        .orElse(null);
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }
}
