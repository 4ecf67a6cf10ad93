package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.quantize.calibration.CalibrationSource;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.SizeEstimate;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What {@code quantize --dry-run} says: what would be done, and how large it would be. */
record PlanReport(QuantizationPlan plan) {

  /** Tensors that are treated alike. */
  private record Share(int tensors, long parameters, long sourceBytes, long bytes) {

    static Share of(TensorPlan tensor) {
      return new Share(
          1,
          tensor.tensor().elementCount(),
          tensor.tensor().byteSize(),
          SizeEstimate.ofTensor(tensor));
    }

    Share plus(Share other) {
      return new Share(
          tensors + other.tensors,
          parameters + other.parameters,
          sourceBytes + other.sourceBytes,
          bytes + other.bytes);
    }
  }

  long estimatedBytes() {
    return SizeEstimate.ofModel(plan);
  }

  /** What is no tensor's: footers, row groups, {@code layers.parquet}. */
  private long metadataBytes() {
    return estimatedBytes() - plan.tensors().stream().mapToLong(SizeEstimate::ofTensor).sum();
  }

  void print(PrintWriter out) {
    out.println(
        "Would write about %s from %s, %s bits per weight; modality %s"
            .formatted(
                Quantity.bytes(estimatedBytes()),
                Quantity.bytes(plan.sourceBytes()),
                bits(estimatedBytes(), plan.parameters()),
                Inspection.modality(
                    plan.modality().modality().word(),
                    plan.modality().rule(),
                    plan.modality().evidence())));
    out.println("  strategy " + StrategyText.of(plan.calibration().strategy(), calibration()));
    out.println();
    Map<String, Share> shares = new TreeMap<>();
    for (TensorPlan tensor : plan.tensors()) {
      shares.merge(TypeWord.of(tensor.treatment()), Share.of(tensor), Share::plus);
    }
    Table table = new Table("type", "tensors", "parameters", "source", "output", "bits");
    shares.forEach(
        (type, share) ->
            table.row(
                type,
                Integer.toString(share.tensors()),
                Quantity.count(share.parameters()),
                Quantity.bytes(share.sourceBytes()),
                Quantity.bytes(share.bytes()),
                bits(share.bytes(), share.parameters())));
    table.row("metadata", "", "", "", Quantity.bytes(metadataBytes()), "");
    table.print(out, "  ");
    out.println();
    RuleTypes.of(plan).print(out);
    KeptTensors.of(plan).print(out);
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("dry_run", true);
    json.put("modality", plan.modality().modality().word());
    StrategyText.describe(plan.calibration().strategy(), calibration(), json.putObject("strategy"));
    json.put("bit_width", plan.config().bitWidth());
    json.put(
        "group_size", Treatment.Quantize.of(plan.config(), plan.config().bitWidth()).groupSize());
    json.put("tensors", plan.tensors().size());
    json.put("parameters", plan.parameters());
    json.put("kept_parameters", plan.keptParameters());
    json.put("source_bytes", plan.sourceBytes());
    json.put("estimated_bytes", estimatedBytes());
    json.put("estimated_metadata_bytes", metadataBytes());
    RuleTypes.of(plan).describe(json.putArray("tensor_types"));
    KeptTensors.of(plan).describe(json.putArray("kept"));
    ArrayNode layers = json.putArray("layers");
    for (TensorPlan tensor : plan.tensors()) {
      ObjectNode node = layers.addObject();
      node.put("name", tensor.tensor().name());
      node.put("type", TypeWord.of(tensor.treatment()));
      if (tensor.treatment() instanceof Treatment.Keep keep) {
        node.put("kept_reason", keep.reason());
      }
      node.put("estimated_bytes", SizeEstimate.ofTensor(tensor));
    }
    return json;
  }

  private Optional<Path> calibration() {
    return plan.calibration().source().map(CalibrationSource::file);
  }

  private static String bits(long bytes, long parameters) {
    return String.format(Locale.ROOT, "%.2f", parameters == 0 ? 0 : 8.0 * bytes / parameters);
  }
}
