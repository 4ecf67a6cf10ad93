package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointSummary;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.checkpoint.DTypeCount;
import java.io.PrintWriter;
import java.util.List;

/** A SafeTensors model at a glance. */
record CheckpointInspection(Checkpoint checkpoint) implements Inspection {

  @Override
  public List<String> warnings() {
    return checkpoint.warnings();
  }

  @Override
  public ObjectNode json() {
    CheckpointSummary summary = checkpoint.summary();
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
    json.putPOJO("metadata", summary.metadata());
    ArrayNode list = json.putArray("tensor_list");
    for (CheckpointTensor tensor : checkpoint.tensors()) {
      ObjectNode entry = list.addObject();
      entry.put("name", tensor.name());
      entry.put("dtype", tensor.dtype().name());
      ArrayNode shape = entry.putArray("shape");
      tensor.shape().forEach(shape::add);
      entry.put("parameters", tensor.elementCount());
      entry.put("bytes", tensor.byteSize());
      entry.put("file", tensor.file().file().getFileName().toString());
    }
    return json;
  }

  @Override
  public void print(PrintWriter out) {
    CheckpointSummary summary = checkpoint.summary();
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
    Table largest = new Table("largest tensors", "dtype", "shape", "size");
    for (CheckpointTensor tensor : summary.largest()) {
      largest.row(
          tensor.name(),
          tensor.dtype().name(),
          tensor.shape().toString(),
          Quantity.bytes(tensor.byteSize()));
    }
    largest.print(out, "  ");
  }
}
