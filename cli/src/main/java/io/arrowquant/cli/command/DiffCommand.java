package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.diff.Distance;
import io.arrowquant.quantize.diff.ModelDifference;
import io.arrowquant.quantize.diff.TensorDifference;
import io.arrowquant.quantize.diff.TensorDifference.Change;
import io.arrowquant.quantize.diff.TensorFacts;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares two models. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compare two models, each a SafeTensors checkpoint or a quantized model: tensors added,"
          + " removed and changed, and how far apart their values are.",
      "Ends with 0 where all are the same, with 1 where any differs."
    })
final class DiffCommand implements Callable<Integer> {

  private static final int SHOWN = 20;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "A", description = "A checkpoint or a quantized model.")
  private Path before;

  @Parameters(index = "1", paramLabel = "B", description = "Another.")
  private Path after;

  @Option(names = "--all", description = "Show every tensor that differs, not the 20 furthest.")
  private boolean all;

  @Mixin private WorkerOptions workers;

  @Mixin private OutputOptions messages;

  @Override
  public Integer call() {
    ModelDifference difference;
    try (ProgressDisplay progress =
        ProgressDisplay.on(spec.commandLine().getErr(), messages.quiet)) {
      difference = new ArrowQuantV2().diff(before, after, workers.count(), progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(out, json(difference));
    } else {
      print(difference, out);
      out.flush();
    }
    return (difference.isSame() ? ExitCode.DONE : ExitCode.FAILED).number();
  }

  private void print(ModelDifference difference, PrintWriter out) {
    out.println(
        String.format(
            Locale.ROOT,
            "%d tensors: %d the same, %d added, %d removed, %d of another shape, %d of another"
                + " dtype, %d of other values",
            difference.tensors().size(),
            difference.count(Change.SAME),
            difference.count(Change.ADDED),
            difference.count(Change.REMOVED),
            difference.count(Change.SHAPE),
            difference.count(Change.DTYPE),
            difference.count(Change.VALUES)));
    List<TensorDifference> changed =
        difference.tensors().stream()
            .filter(tensor -> tensor.change() != Change.SAME)
            .sorted(
                Comparator.comparingDouble(DiffCommand::sqnr).thenComparing(TensorDifference::name))
            .toList();
    if (changed.isEmpty()) {
      return;
    }
    out.println();
    Table table =
        new Table("tensor", "change", "from", "to", "max error", "RMSE", "SQNR", "cosine");
    for (TensorDifference tensor : all ? changed : changed.subList(0, shown(changed))) {
      Distance distance = tensor.distance();
      table.row(
          tensor.name(),
          tensor.change().name().toLowerCase(Locale.ROOT),
          text(tensor.before(), tensor.change()),
          text(tensor.after(), tensor.change()),
          distance == null ? "" : String.format(Locale.ROOT, "%.3g", distance.maxAbsError()),
          distance == null ? "" : String.format(Locale.ROOT, "%.3g", distance.rmse()),
          distance == null ? "" : Quantity.decibels(distance.sqnrDb()),
          distance == null ? "" : Quantity.cosine(distance.cosineSimilarity()));
    }
    table.print(out, "  ");
    if (!all && changed.size() > SHOWN) {
      out.println("  and " + (changed.size() - SHOWN) + " more; --all shows them");
    }
  }

  private static int shown(List<TensorDifference> changed) {
    return Math.min(SHOWN, changed.size());
  }

  /** What has no distance comes first: it is no small change. */
  private static double sqnr(TensorDifference tensor) {
    return tensor.distance() == null ? Double.NEGATIVE_INFINITY : tensor.distance().sqnrDb();
  }

  private static String text(TensorFacts facts, Change change) {
    return facts == null
        ? "-"
        : change == Change.SHAPE || change == Change.ADDED || change == Change.REMOVED
            ? facts.type() + " " + facts.shape()
            : facts.type();
  }

  private static ObjectNode json(ModelDifference difference) {
    ObjectNode json = Json.object();
    json.put("before", difference.before().toString());
    json.put("after", difference.after().toString());
    json.put("same", difference.isSame());
    ObjectNode counts = json.putObject("counts");
    for (Change change : Change.values()) {
      counts.put(change.name().toLowerCase(Locale.ROOT), difference.count(change));
    }
    ArrayNode list = json.putArray("tensor_list");
    for (TensorDifference tensor : difference.tensors()) {
      ObjectNode node = list.addObject();
      node.put("name", tensor.name());
      node.put("change", tensor.change().name().toLowerCase(Locale.ROOT));
      describe(tensor.before(), "before", node);
      describe(tensor.after(), "after", node);
      if (tensor.distance() != null) {
        node.set("max_abs_error", Json.number(tensor.distance().maxAbsError()));
        node.set("rmse", Json.number(tensor.distance().rmse()));
        node.set("sqnr_db", Json.number(tensor.distance().sqnrDb()));
        node.set("cosine_similarity", Json.number(tensor.distance().cosineSimilarity()));
        node.put("differing", tensor.distance().differing());
      }
    }
    return json;
  }

  private static void describe(TensorFacts facts, String key, ObjectNode node) {
    if (facts != null) {
      ObjectNode side = node.putObject(key);
      side.put("dtype", facts.dtype().name());
      side.put("type", facts.type());
      side.set("shape", Json.of(facts.shape()));
    }
  }
}
