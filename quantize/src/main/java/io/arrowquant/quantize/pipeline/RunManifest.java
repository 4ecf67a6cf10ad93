package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.Version;
import io.arrowquant.core.modality.ModalityFinding;
import io.arrowquant.quantize.diffusion.Strategy;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.QuantizationPlan;
import java.util.List;

/** What a run's manifest says. */
final class RunManifest {

  private RunManifest() {}

  /**
   * The manifest of a run.
   *
   * @param plan as it was carried out
   * @param totals of each tensor, in the order of the plan
   * @param layers the records of the same
   * @param files every other file of the folder
   */
  static Manifest of(
      QuantizationPlan plan,
      List<Manifest.SourceEntry> source,
      List<LayerTotals> totals,
      List<LayerRecord> layers,
      List<ModelFile> files) {
    ModalityFinding modality = plan.modality();
    return new Manifest(
        Manifest.FORMAT,
        Manifest.FORMAT_VERSION,
        Version.current(),
        plan.config().decisiveValues(),
        new Manifest.ModalityEntry(
            modality.modality().word(), modality.rule(), modality.evidence()),
        source,
        calibration(plan),
        totals(plan, totals, layers, ModelFile.storedBytes(files)),
        files);
  }

  private static Manifest.Totals totals(
      QuantizationPlan plan, List<LayerTotals> totals, List<LayerRecord> layers, long stored) {
    ErrorSums all = new ErrorSums();
    double cosines = 0;
    long quantizedParameters = 0;
    long quantizedLayers = 0;
    for (LayerRecord layer : layers) {
      if (layer.quantization() != null) {
        all.merge(totals.get(layer.layerId()).sums());
        cosines += layer.quality().cosineSimilarity() * layer.parameters();
        quantizedParameters += layer.parameters();
        quantizedLayers++;
      }
    }
    double sqnr = all.quality().sqnrDb();
    return new Manifest.Totals(
        layers.size(),
        quantizedLayers,
        plan.parameters(),
        plan.keptParameters(),
        plan.sourceBytes(),
        stored,
        plan.parameters() == 0 ? 0 : stored * 8.0 / plan.parameters(),
        quantizedParameters == 0 ? null : cosines / quantizedParameters,
        quantizedParameters == 0 || Double.isInfinite(sqnr) ? null : sqnr);
  }

  /** What the manifest says of calibration data; null where there is none. */
  static Manifest.CalibrationEntry calibration(QuantizationPlan plan) {
    Strategy strategy = plan.calibration().strategy();
    return plan.calibration()
        .source()
        .map(
            source ->
                new Manifest.CalibrationEntry(
                    source.file().getFileName().toString(),
                    source.checksum().size(),
                    Integer.toUnsignedLong(source.checksum().crc32c()),
                    strategy.timeAware(),
                    strategy.spatial()))
        .orElse(null);
  }
}
