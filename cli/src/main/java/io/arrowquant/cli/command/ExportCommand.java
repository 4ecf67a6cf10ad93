package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.export.ExportOptions;
import io.arrowquant.quantize.export.ExportResult;
import io.arrowquant.quantize.export.ModelExporter;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a quantized model as another runtime loads it. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Write a quantized model as another runtime loads it, exactly where it was quantized with"
            + " '--for', or weights as Arrow batches.")
final class ExportCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      description = "A quantized model's folder; for Arrow and --sql also SafeTensors.")
  private Path model;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      required = true,
      description = "Folder or file to write; complete when the command is done.")
  private Path output;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      required = true,
      converter = ExportFormat.Word.class,
      description =
          "mlx, compressed-tensors or gguf: a folder that another runtime loads; arrow or"
              + " arrow-stream: a file of weights as floats.")
  private ExportFormat format;

  @Option(
      names = "--tensor",
      paramLabel = "GLOB",
      description = "Arrow: only tensors whose names match (* and ?); repeatable.")
  private List<String> tensors = List.of();

  @Option(
      names = "--sql",
      paramLabel = "QUERY",
      description = "Arrow: the rows of a query instead, as 'arrowquant sql' has them.")
  private String sql;

  @Option(
      names = "--requantize",
      description =
          "Quantize anew, from the model's weights, what the format does not hold, and say what"
              + " that costs; without, such a model is refused.")
  private boolean requantize;

  @Option(
      names = "--architecture",
      paramLabel = "NAME",
      description =
          "general.architecture of a GGUF file, such as flux or sd3 (default: told by the names of"
              + " tensors, or unknown).")
  private String architecture;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      converter = SizeWord.class,
      description = "Most bytes of tensors in a SafeTensors file: 1500m, 1.5g (default: 5GB).")
  private Long maxShardSize;

  @Option(
      names = "--overwrite",
      description = "Replace an export at OUT once the new one is there.")
  private boolean overwrite;

  @Mixin private OutputOptions messages;

  @Override
  public void run() {
    if (sql != null && !tensors.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--sql and --tensor exclude each other: a query names its tensors.");
    }
    if (format instanceof ExportFormat.Arrow arrow) {
      writeArrow(arrow);
    } else if (format instanceof ExportFormat.ModelFolder folder) {
      if (sql != null || !tensors.isEmpty()) {
        throw new ParameterException(
            spec.commandLine(), "--sql and --tensor are for --format arrow and arrow-stream.");
      }
      writeFolder(folder.format());
    }
  }

  private void writeArrow(ExportFormat.Arrow arrow) {
    PrintWriter err = spec.commandLine().getErr();
    long rows;
    try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
      rows = new ArrowExport(model, output, arrow.ipc(), tensors, sql).write(overwrite, progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      ObjectNode json = Json.object();
      json.put("path", output.toString());
      json.put("format", arrow.word());
      json.put("rows", rows);
      Json.print(out, json);
    } else if (!messages.quiet) {
      out.println(Printable.line(output.toString()) + ": " + rows + " rows");
      out.flush();
    }
  }

  private void writeFolder(Target.Format target) {
    ExportOptions options =
        ExportOptions.of(target)
            .withOverwrite(overwrite)
            .withRequantize(requantize)
            .withArchitecture(Optional.ofNullable(architecture));
    if (maxShardSize != null) {
      options = options.withMaxShardBytes(maxShardSize);
    }
    PrintWriter err = spec.commandLine().getErr();
    ExportResult result;
    try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
      result = new ModelExporter(options).export(model, output, progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(out, json(result, target));
    } else if (!messages.quiet) {
      print(result, out);
      out.flush();
    }
    messages.say(result.notes());
  }

  private static void print(ExportResult result, PrintWriter out) {
    out.println(Printable.line(result.folder().toString()));
    out.println(
        "  %d tensors, %s in %d files"
            .formatted(
                result.layers().size(), Quantity.bytes(result.bytes()), result.files().size()));
    types(result)
        .forEach((type, count) -> out.println("  %-24s %d".formatted(Printable.line(type), count)));
    for (ExportResult.Layer layer : result.layers()) {
      layer
          .floatReason()
          .ifPresent(
              reason ->
                  out.println(
                      "  %s: as %s, %s"
                          .formatted(Printable.line(layer.name()), layer.type(), reason)));
    }
    if (result.inexact().isEmpty()) {
      out.println("  every tensor means the model's numbers exactly");
      return;
    }
    List<ExportResult.Layer> rounded =
        result.inexact().stream().filter(layer -> layer.sqnrDb().isEmpty()).toList();
    if (!rounded.isEmpty()) {
      out.println(
          String.format(
              Locale.ROOT,
              "  %d tensors are exact but for rounding in float32, by at most %.1e of a step of a"
                  + " code",
              rounded.size(),
              rounded.stream().mapToDouble(ExportResult.Layer::offsetSteps).max().getAsDouble()));
    }
    if (rounded.size() == result.inexact().size()) {
      return;
    }
    out.println(
        "  %d tensors are quantized anew, so far from the model's weights:"
            .formatted(result.inexact().size() - rounded.size()));
    for (ExportResult.Layer layer : result.inexact()) {
      if (layer.sqnrDb().isPresent()) {
        out.println(
            "    "
                + Printable.line(layer.name())
                + ": "
                + Quantity.decibels(layer.sqnrDb().getAsDouble()));
      }
    }
  }

  private static Map<String, Long> types(ExportResult result) {
    return result.layers().stream()
        .collect(
            Collectors.groupingBy(ExportResult.Layer::type, TreeMap::new, Collectors.counting()));
  }

  private static ObjectNode json(ExportResult result, Target.Format target) {
    ObjectNode json = Json.object();
    json.put("path", result.folder().toString());
    json.put("format", target.word());
    json.put("bytes", result.bytes());
    ArrayNode files = json.putArray("files");
    result.files().forEach(file -> files.add(file.toString()));
    ArrayNode tensors = json.putArray("tensors");
    for (ExportResult.Layer layer : result.layers()) {
      ObjectNode tensor = tensors.addObject();
      tensor.put("name", layer.name());
      tensor.put("type", layer.type());
      tensor.put("exact", layer.exact());
      tensor.set("offset_steps", Json.number(layer.offsetSteps()));
      layer.sqnrDb().ifPresent(sqnr -> tensor.set("sqnr_db", Json.number(sqnr)));
      layer.floatReason().ifPresent(reason -> tensor.put("float_reason", reason));
    }
    ArrayNode notes = json.putArray("notes");
    result.notes().forEach(notes::add);
    return json;
  }
}
