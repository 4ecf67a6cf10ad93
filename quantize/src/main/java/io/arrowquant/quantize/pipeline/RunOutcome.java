package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.quantize.plan.QuantizationPlan;
import java.nio.file.Path;
import java.util.List;

/**
 * What a run wrote.
 *
 * @param model the folder
 * @param plan as it was carried out
 * @param manifest as written
 * @param layers as written
 * @param peakMemoryBytes the most off-heap memory held in buffers at one time
 * @param threads workers
 * @param io how source bytes were brought in: mapped or read
 * @param notes what was asked for and missed, and why, each a sentence
 */
public record RunOutcome(
    Path model,
    QuantizationPlan plan,
    Manifest manifest,
    List<LayerRecord> layers,
    long peakMemoryBytes,
    int threads,
    IoMode io,
    List<String> notes) {}
