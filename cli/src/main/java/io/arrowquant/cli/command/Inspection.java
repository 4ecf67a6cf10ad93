package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.Progress;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.quantize.QuantizedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code inspect} found, for people and for programs. */
sealed interface Inspection permits CheckpointInspection, ModelInspection {

  /** Looks at a quantized model where there is a manifest, at a checkpoint otherwise. */
  static Inspection of(Path path, TensorChoice choice, int sample, Progress progress) {
    if (!Manifest.isIn(path)) {
      return CheckpointInspection.of(Checkpoint.open(path), choice, sample, progress);
    }
    try (QuantizedModel model = QuantizedModel.open(path)) {
      List<LayerRecord> layers =
          choice.of(
              model.layers(),
              LayerRecord::name,
              LayerRecord::storedBytes,
              LayerRecord::parameters,
              layer -> layer.dtype().name());
      Map<String, Double> entropies =
          choice.entropy()
              ? model.entropies(layers.stream().map(LayerRecord::name).toList(), progress)
              : Map.of();
      return new ModelInspection(path, model.manifest(), layers, choice, entropies);
    }
  }

  List<String> warnings();

  ObjectNode json();

  void print(PrintWriter out);

  /** An entropy in bits, or nothing where a tensor has none. */
  static String entropy(Double bits) {
    return bits == null ? "" : String.format(Locale.ROOT, "%.3f", bits);
  }

  /** A modality and why, in one line. */
  static String modality(String word, String rule, String evidence) {
    return Printable.line(word + " (" + rule + (evidence.isEmpty() ? "" : ": " + evidence) + ")");
  }
}
