package io.arrowquant.quantize;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.modality.ModalityFinding;
import io.arrowquant.quantize.calibration.CalibrationSource;
import io.arrowquant.quantize.diffusion.Strategy;
import io.arrowquant.quantize.pipeline.RunOutcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
 * @param strategy what was done beside plain groups, and why
 * @param calibration where the calibration data was; empty where there was none
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
    Strategy strategy,
    Optional<Path> calibration,
    List<String> notes) {

  static QuantizationResult of(RunOutcome outcome, double seconds) {
    Manifest.Totals totals = outcome.manifest().totals();
    return new QuantizationResult(
        outcome.model(),
        totals.compressionRatio(),
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
        outcome.plan().calibration().strategy(),
        outcome.plan().calibration().source().map(CalibrationSource::file),
        notes(outcome));
  }

  private static List<String> notes(RunOutcome outcome) {
    List<String> notes = new ArrayList<>(outcome.notes());
    if (outcome.manifest().totals().quantizedLayers() > 0) {
      notes.addAll(outcome.plan().calibration().notes());
    }
    return notes;
  }
}
