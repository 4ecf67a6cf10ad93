package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.TensorTypeRule;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.TensorPlan;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What each {@code --tensor-type} rule came to: tensors that it decided about, by their type.
 *
 * @param rules in the order given; without a type where earlier rules took all its tensors
 */
record RuleTypes(List<Rule> rules) {

  /** One rule, and its tensors by type. */
  record Rule(String text, Map<String, Share> types) {}

  /** Tensors of one type. */
  record Share(int tensors, long parameters) {
    Share plus(Share other) {
      return new Share(tensors + other.tensors, parameters + other.parameters);
    }
  }

  static RuleTypes of(DiffusionQuantConfig config, List<LayerRecord> layers) {
    Gathering gathering = new Gathering(config);
    for (LayerRecord layer : layers) {
      gathering.add(layer.name(), TypeWord.of(layer), layer.parameters());
    }
    return gathering.finish();
  }

  static RuleTypes of(QuantizationPlan plan) {
    Gathering gathering = new Gathering(plan.config());
    for (TensorPlan tensor : plan.tensors()) {
      gathering.add(
          tensor.tensor().name(), TypeWord.of(tensor.treatment()), tensor.tensor().elementCount());
    }
    return gathering.finish();
  }

  private static final class Gathering {
    private final Map<TensorTypeRule, Map<String, Share>> types = new LinkedHashMap<>();

    Gathering(DiffusionQuantConfig config) {
      config.tensorTypes().forEach(rule -> types.put(rule, new TreeMap<>()));
    }

    void add(String name, String type, long parameters) {
      types.keySet().stream()
          .filter(rule -> rule.test(name))
          .findFirst()
          .ifPresent(rule -> types.get(rule).merge(type, new Share(1, parameters), Share::plus));
    }

    RuleTypes finish() {
      List<Rule> rules = new ArrayList<>();
      types.forEach((rule, shares) -> rules.add(new Rule(rule.text(), shares)));
      return new RuleTypes(List.copyOf(rules));
    }
  }

  void print(PrintWriter out) {
    if (rules.isEmpty()) {
      return;
    }
    out.println("Types by rule:");
    Table table = new Table("rule", "type", "tensors", "parameters");
    for (Rule rule : rules) {
      if (rule.types().isEmpty()) {
        table.row(rule.text(), "none left by earlier rules", "0", "0");
      }
      rule.types()
          .forEach(
              (type, share) ->
                  table.row(
                      rule.text(),
                      type,
                      Integer.toString(share.tensors()),
                      Quantity.count(share.parameters())));
    }
    table.print(out, "  ");
    out.println();
  }

  void describe(ArrayNode list) {
    for (Rule rule : rules) {
      ObjectNode node = list.addObject().put("rule", rule.text());
      ArrayNode types = node.putArray("types");
      rule.types()
          .forEach(
              (type, share) ->
                  types
                      .addObject()
                      .put("type", type)
                      .put("tensors", share.tensors())
                      .put("parameters", share.parameters()));
    }
  }
}
