package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointSummary;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.checkpoint.DTypeCount;
import io.arrowquant.quantize.entropy.SourceEntropy;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A SafeTensors model at a glance.
 *
 * @param tensors those asked for, in the order asked for
 * @param choice how they were chosen
 * @param entropies by name, if asked for
 * @param presets what they would become; empty where that cannot be told
 * @param warnings each a sentence
 */
record CheckpointInspection(
    Checkpoint checkpoint,
    List<CheckpointTensor> tensors,
    TensorChoice choice,
    Map<String, Double> entropies,
    Optional<Presets> presets,
    List<String> warnings)
    implements Inspection {

  static CheckpointInspection of(
      Checkpoint checkpoint, TensorChoice choice, int sample, Progress progress) {
    List<CheckpointTensor> tensors =
        choice.of(
            checkpoint.tensors(),
            CheckpointTensor::name,
            CheckpointTensor::byteSize,
            CheckpointTensor::elementCount,
            tensor -> tensor.dtype().name());
    List<String> warnings = new ArrayList<>(checkpoint.warnings());
    Optional<Presets> presets = Optional.empty();
    if (checkpoint.quantizedInput().isEmpty()) {
      try {
        presets = Optional.of(Presets.of(checkpoint, choice.globs(), sample));
      } catch (ArrowQuantException e) {
        // What cannot be quantized can be looked at all the same.
        warnings.add("what it would become cannot be told: " + e.getMessage());
      }
    }
    Map<String, Double> entropies =
        choice.entropy() ? SourceEntropy.of(tensors, checkpoint::tensor, progress) : Map.of();
    return new CheckpointInspection(
        checkpoint, tensors, choice, entropies, presets, List.copyOf(warnings));
  }

  @Override
  public ObjectNode json() {
    CheckpointSummary summary = checkpoint.summary(tensors);
    ObjectNode json = Json.object();
    json.put("path", checkpoint.path().toString());
    json.put("format", "safetensors");
    json.put("files", checkpoint.files().size());
    json.put("modality", summary.modality().modality().word());
    json.put("modality_rule", summary.modality().rule());
    json.put("modality_evidence", summary.modality().evidence());
    checkpoint
        .quantizedInput()
        .ifPresent(found -> json.put("quantized_as", found.scheme().title()));
    json.put("tensors", summary.tensorCount());
    json.put("parameters", summary.parameterCount());
    json.put("bytes", summary.totalBytes());
    ObjectNode dtypes = json.putObject("dtypes");
    ObjectNode bytes = json.putObject("bytes_by_dtype");
    for (DTypeCount count : summary.dtypes()) {
      dtypes.put(count.dtype().name(), count.tensors());
      bytes.put(count.dtype().name(), count.bytes());
    }
    ArrayNode list = json.putArray("presets");
    presets.ifPresent(p -> p.describe(list));
    json.putPOJO("metadata", summary.metadata());
    ArrayNode tensorList = json.putArray("tensor_list");
    for (CheckpointTensor tensor : tensors) {
      ObjectNode entry = tensorList.addObject();
      entry.put("name", tensor.name());
      entry.put("dtype", tensor.dtype().name());
      ArrayNode shape = entry.putArray("shape");
      tensor.shape().forEach(shape::add);
      entry.put("parameters", tensor.elementCount());
      entry.put("bytes", tensor.byteSize());
      entry.put("file", tensor.file().file().getFileName().toString());
      if (choice.entropy()) {
        entry.put("entropy_bits", entropies.get(tensor.name()));
      }
    }
    return json;
  }

  @Override
  public void print(PrintWriter out) {
    CheckpointSummary summary = checkpoint.summary(tensors);
    int files = checkpoint.files().size();
    out.println(Printable.line(checkpoint.path().toString()));
    out.println("  format      SafeTensors, " + files + (files == 1 ? " file" : " files"));
    out.println(
        "  modality    "
            + Inspection.modality(
                summary.modality().modality().word(),
                summary.modality().rule(),
                summary.modality().evidence()));
    checkpoint
        .quantizedInput()
        .ifPresent(
            found ->
                out.println(
                    "  quantized   already, as "
                        + found.scheme().title()
                        + Printable.line(" (" + found.evidence() + ")")));
    out.println("  tensors     " + summary.tensorCount());
    out.println("  parameters  " + Quantity.count(summary.parameterCount()));
    out.println("  size        " + Quantity.bytes(summary.totalBytes()));
    out.println();
    Table dtypes = new Table("dtype", "tensors", "parameters", "size");
    for (DTypeCount count : summary.dtypes()) {
      dtypes.row(
          count.dtype().name(),
          Long.toString(count.tensors()),
          Quantity.count(count.parameters()),
          Quantity.bytes(count.bytes()));
    }
    dtypes.print(out, "  ");
    out.println();
    List<String> heads =
        new ArrayList<>(
            List.of(
                choice.isList() ? "tensors" : "largest tensors",
                "dtype",
                "shape",
                "parameters",
                "size"));
    if (choice.entropy()) {
      heads.add("entropy");
    }
    Table list = new Table(heads.toArray(String[]::new));
    for (CheckpointTensor tensor : choice.isList() ? tensors : summary.largest()) {
      List<String> cells =
          new ArrayList<>(
              List.of(
                  tensor.name(),
                  tensor.dtype().name(),
                  tensor.shape().toString(),
                  Quantity.count(tensor.elementCount()),
                  Quantity.bytes(tensor.byteSize())));
      if (choice.entropy()) {
        cells.add(Inspection.entropy(entropies.get(tensor.name())));
      }
      list.row(cells.toArray(String[]::new));
    }
    list.print(out, "  ");
    presets.ifPresent(
        p -> {
          out.println();
          p.print(out);
        });
  }
}
