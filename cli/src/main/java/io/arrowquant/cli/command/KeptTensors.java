package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tensors that are kept as they are, by reason: nothing that a run leaves out is left unsaid.
 *
 * @param reasons most parameters first
 * @param parameters of all tensors, kept or not
 */
record KeptTensors(List<Reason> reasons, long parameters) {

  private static final double MUCH = 0.10;

  /** What is kept for one reason. */
  record Reason(String reason, int tensors, long parameters) {}

  static KeptTensors of(List<LayerRecord> layers) {
    Map<String, Reason> reasons = new LinkedHashMap<>();
    long parameters = 0;
    for (LayerRecord layer : layers) {
      parameters += layer.parameters();
      if (layer.quantization() == null) {
        add(reasons, layer.keptReason(), layer.parameters());
      }
    }
    return of(reasons, parameters);
  }

  static KeptTensors of(QuantizationPlan plan) {
    Map<String, Reason> reasons = new LinkedHashMap<>();
    for (TensorPlan tensor : plan.tensors()) {
      if (tensor.treatment() instanceof Treatment.Keep keep) {
        add(reasons, keep.reason(), tensor.tensor().elementCount());
      }
    }
    return of(reasons, plan.parameters());
  }

  private static KeptTensors of(Map<String, Reason> reasons, long parameters) {
    List<Reason> sorted = new ArrayList<>(reasons.values());
    sorted.sort(Comparator.comparingLong(Reason::parameters).reversed());
    return new KeptTensors(List.copyOf(sorted), parameters);
  }

  private static void add(Map<String, Reason> reasons, String reason, long parameters) {
    reasons.merge(
        reason,
        new Reason(reason, 1, parameters),
        (a, b) -> new Reason(reason, a.tensors() + 1, a.parameters() + b.parameters()));
  }

  long keptParameters() {
    return reasons.stream().mapToLong(Reason::parameters).sum();
  }

  /** Where nothing is quantized, the reason for most parameters. */
  Optional<String> reasonForAll() {
    return keptParameters() == parameters
        ? reasons.stream().findFirst().map(Reason::reason)
        : Optional.empty();
  }

  /** A sentence where so much is kept that the result may not be what was wanted. */
  Optional<String> warning() {
    long kept = keptParameters();
    if (kept <= MUCH * parameters) {
      return Optional.empty();
    }
    return Optional.of(
        kept == parameters
            ? "Nothing was quantized; see the reasons above."
            : share(kept) + " of the parameters are kept as they are; see the reasons above.");
  }

  void print(PrintWriter out) {
    if (reasons.isEmpty()) {
      out.println("Nothing is kept as it is.");
      return;
    }
    out.println("Kept as they are:");
    Table table = new Table("reason", "tensors", "parameters", "share");
    for (Reason reason : reasons) {
      table.row(
          reason.reason(),
          Integer.toString(reason.tensors()),
          Quantity.count(reason.parameters()),
          share(reason.parameters()));
    }
    table.print(out, "  ");
  }

  void describe(ArrayNode list) {
    for (Reason reason : reasons) {
      ObjectNode node = list.addObject();
      node.put("reason", reason.reason());
      node.put("tensors", reason.tensors());
      node.put("parameters", reason.parameters());
      node.put("share", parameters == 0 ? 0 : (double) reason.parameters() / parameters);
    }
  }

  private String share(long kept) {
    return Quantity.percent(parameters == 0 ? 0 : (double) kept / parameters);
  }
}
