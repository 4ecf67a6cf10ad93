package io.arrowquant.quantize;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.config.Origin;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.modality.ModalityFinding;
import io.arrowquant.quantize.pipeline.RunOutcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What came of a run, every figure measured.
 *
 * @param quantizedPath the model's folder
 * @param compressionRatio source bytes / stored bytes
 * @param cosineSimilarity mean over quantized tensors, weighted by parameters; 1 where nothing was
 *     quantized
 * @param modelSizeMb stored bytes / 10^6, companion files excepted
 * @param modality the model's
 * @param bitWidth asked for; 16 where every tensor was to be kept
 * @param quantizationTimeSeconds from opening the checkpoint to the complete model
 * @param bitsPerWeight stored bits / parameters, everything included
 * @param sqnrDb of all quantized weights together; infinite where nothing was lost
 * @param keptParameters in tensors stored bit for bit
 * @param parameters in all tensors
 * @param sourceBytes of all tensors
 * @param storedBytes of the model, companion files excepted
 * @param peakMemoryBytes the most off-heap memory held in buffers at one time
 * @param layers each tensor, in the order of their names
 * @param modalityFinding the modality, and the rule and evidence that it was told by
 * @param threads workers
 * @param io how source bytes were brought in: {@link IoMode#MMAP} or {@link IoMode#READ}
 * @param notes what was asked for and not done, and why, each a sentence
 */
public record QuantizationResult(
    Path quantizedPath,
    double compressionRatio,
    double cosineSimilarity,
    double modelSizeMb,
    Modality modality,
    int bitWidth,
    double quantizationTimeSeconds,
    double bitsPerWeight,
    double sqnrDb,
    long keptParameters,
    long parameters,
    long sourceBytes,
    long storedBytes,
    long peakMemoryBytes,
    List<LayerRecord> layers,
    ModalityFinding modalityFinding,
    int threads,
    IoMode io,
    List<String> notes) {

  static QuantizationResult of(RunOutcome outcome, double seconds, Mode mode) {
    Manifest.Totals totals = outcome.manifest().totals();
    return new QuantizationResult(
        outcome.model(),
        totals.storedBytes() == 0 ? 0 : (double) totals.sourceBytes() / totals.storedBytes(),
        totals.cosineSimilarity() == null ? 1 : totals.cosineSimilarity(),
        totals.storedBytes() / 1e6,
        outcome.plan().modality().modality(),
        outcome.plan().config().bitWidth(),
        seconds,
        totals.bitsPerWeight(),
        totals.sqnrDb() == null ? Double.POSITIVE_INFINITY : totals.sqnrDb(),
        totals.keptParameters(),
        totals.parameters(),
        totals.sourceBytes(),
        totals.storedBytes(),
        outcome.peakMemoryBytes(),
        outcome.layers(),
        outcome.plan().modality(),
        outcome.threads(),
        outcome.io(),
        notes(outcome, mode));
  }

  private static List<String> notes(RunOutcome outcome, Mode mode) {
    List<String> notes = new ArrayList<>(outcome.notes());
    if (outcome.manifest().totals().quantizedLayers() == 0) {
      return notes;
    }
    if (mode == Mode.DIFFUSION
        && asked(outcome, "enable_time_aware", outcome.plan().config().enableTimeAware())) {
      notes.add("Time-aware quantization was not done: it needs calibration data.");
    }
    if (mode == Mode.DIFFUSION
        && asked(outcome, "enable_spatial", outcome.plan().config().enableSpatial())) {
      notes.add("Spatial quantization was not done: it needs calibration data.");
    }
    return notes;
  }

  /** What is on by default is not missed where it cannot be had. */
  private static boolean asked(RunOutcome outcome, String setting, boolean enabled) {
    return enabled && outcome.plan().config().origin(setting) != Origin.BUILT_IN;
  }
}
