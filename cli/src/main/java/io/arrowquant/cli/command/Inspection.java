package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.quantize.QuantizedModel;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What {@code inspect} found, for people and for programs. */
sealed interface Inspection permits CheckpointInspection, ModelInspection {

  /** Looks at a quantized model where there is a manifest, at a checkpoint otherwise. */
  static Inspection of(Path path, TensorChoice choice, int sample) {
    if (!Files.isRegularFile(path.resolve(Manifest.FILE_NAME))) {
      return CheckpointInspection.of(Checkpoint.open(path), choice, sample);
    }
    try (QuantizedModel model = QuantizedModel.open(path)) {
      return new ModelInspection(
          path,
          model.manifest(),
          choice.of(
              model.layers(),
              LayerRecord::name,
              LayerRecord::storedBytes,
              LayerRecord::parameters,
              layer -> layer.dtype().name()),
          choice);
    }
  }

  List<String> warnings();

  ObjectNode json();

  void print(PrintWriter out);

  /** A modality and why, in one line. */
  static String modality(String word, String rule, String evidence) {
    return Printable.line(word + " (" + rule + (evidence.isEmpty() ? "" : ": " + evidence) + ")");
  }
}
