package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.quantize.ValidationReport;
import io.arrowquant.quantize.ValidationReport.Layer;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A validation, for people and for programs. */
final class ValidationText {

  private static final int WORST = 5;
  private static final int PROBLEMS = 10;

  private ValidationText() {}

  static void print(ValidationReport report, PrintWriter out) {
    List<Layer> problems = problems(report);
    out.println(
        problems.isEmpty()
            ? String.format(
                Locale.ROOT,
                "Validated: all %d tensors decoded from the files and compared with the source.",
                report.layers().size())
            : failure(report) + ":");
    problems.stream()
        .limit(PROBLEMS)
        .forEach(
            layer ->
                out.println(
                    "  " + Printable.line(layer.name()) + ": " + Printable.line(layer.problem())));
    if (problems.size() > PROBLEMS) {
      out.println("  and " + (problems.size() - PROBLEMS) + " more");
    }
    if (!report.leftOut().isEmpty()) {
      out.println(leftOut(report.leftOut()));
    }
    List<Layer> worst = report.worst(WORST);
    if (!worst.isEmpty()) {
      Table table = new Table("worst layers", "type", "cosine", "SQNR");
      for (Layer layer : worst) {
        table.row(
            layer.name(),
            layer.quantType(),
            Quantity.cosine(layer.cosineSimilarity()),
            Quantity.decibels(layer.sqnrDb()));
      }
      table.print(out, "  ");
    }
  }

  private static String leftOut(List<String> names) {
    String some =
        names.stream().limit(PROBLEMS).map(Printable::line).collect(Collectors.joining(", "));
    return "Not in the model: "
        + some
        + (names.size() > PROBLEMS ? " and " + (names.size() - PROBLEMS) + " more" : "")
        + (names.size() == 1 ? ", a tensor" : ", " + names.size() + " tensors")
        + " of the source.";
  }

  /** How many tensors it failed for, without an end. */
  static String failure(ValidationReport report) {
    return "Validation failed for %d of %d tensors"
        .formatted(problems(report).size(), report.layers().size());
  }

  static void describe(ValidationReport report, ObjectNode json) {
    json.put("passed", report.passed());
    json.set("min_accuracy", Json.number(report.minAccuracy()));
    json.set("cosine_similarity", Json.number(report.cosineSimilarity()));
    ArrayNode problems = json.putArray("problems");
    for (Layer layer : problems(report)) {
      problems.addObject().put("name", layer.name()).put("problem", layer.problem());
    }
    ArrayNode leftOut = json.putArray("left_out");
    report.leftOut().forEach(leftOut::add);
    ArrayNode worst = json.putArray("worst");
    for (Layer layer : report.worst(WORST)) {
      ObjectNode node = worst.addObject();
      node.put("name", layer.name());
      node.put("quant_type", layer.quantType());
      node.set("cosine_similarity", Json.number(layer.cosineSimilarity()));
      node.set("sqnr_db", Json.number(layer.sqnrDb()));
    }
  }

  private static List<Layer> problems(ValidationReport report) {
    return report.layers().stream().filter(layer -> !layer.passed()).toList();
  }
}
