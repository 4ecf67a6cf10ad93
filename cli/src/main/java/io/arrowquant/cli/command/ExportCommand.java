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
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Writes a quantized model as another runtime loads it. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Write a quantized model as another runtime loads it. A model quantized with '--for' is"
            + " exported exactly.")
final class ExportCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "A quantized model's folder.")
  private Path model;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "Folder to write; complete when the command is done.")
  private Path output;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      required = true,
      converter = FormatWord.class,
      description = "mlx, compressed-tensors or gguf.")
  private Target.Format format;

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
      converter = ShardSize.class,
      description = "Most bytes of tensors in a SafeTensors file: 1500m, 1.5g (default: 5GB).")
  private Long maxShardSize;

  @Option(
      names = "--overwrite",
      description = "Replace an export at DIR once the new one is there.")
  private boolean overwrite;

  @Mixin private OutputOptions messages;

  /** The words of formats. */
  static final class FormatWord implements ITypeConverter<Target.Format> {
    @Override
    public Target.Format convert(String text) {
      return Arrays.stream(Target.Format.values())
          .filter(known -> known.word().equals(text.toLowerCase(Locale.ROOT)))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'" + text + "' is not mlx, compressed-tensors or gguf"));
    }
  }

  @Override
  public void run() {
    ExportOptions options =
        ExportOptions.of(format)
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
      Json.print(out, json(result));
    } else {
      print(result, out);
      out.flush();
    }
    if (!messages.quiet) {
      result.notes().forEach(note -> err.println("arrowquant: " + Printable.line(note)));
      err.flush();
    }
  }

  private static void print(ExportResult result, PrintWriter out) {
    out.println(Printable.line(result.folder().toString()));
    out.println(
        "  %d tensors, %s in %d files"
            .formatted(
                result.layers().size(), Quantity.bytes(result.bytes()), result.files().size()));
    types(result)
        .forEach((type, count) -> out.println("  %-24s %d".formatted(Printable.line(type), count)));
    if (result.inexact().isEmpty()) {
      out.println("  every tensor means the model's numbers exactly");
      return;
    }
    out.println("  %d tensors are not exact:".formatted(result.inexact().size()));
    for (ExportResult.Layer layer : result.inexact()) {
      out.println("    " + Printable.line(layer.name()) + ": " + distance(layer));
    }
  }

  private static String distance(ExportResult.Layer layer) {
    return layer.sqnrDb().isPresent()
        ? String.format(
            Locale.ROOT,
            "quantized anew, %.2f dB from the model's weights",
            layer.sqnrDb().getAsDouble())
        : String.format(Locale.ROOT, "off by at most %.2g steps of a code", layer.offsetSteps());
  }

  private static Map<String, Long> types(ExportResult result) {
    return result.layers().stream()
        .collect(
            Collectors.groupingBy(ExportResult.Layer::type, TreeMap::new, Collectors.counting()));
  }

  private ObjectNode json(ExportResult result) {
    ObjectNode json = Json.object();
    json.put("path", result.folder().toString());
    json.put("format", format.word());
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
    }
    ArrayNode notes = json.putArray("notes");
    result.notes().forEach(notes::add);
    return json;
  }
}
