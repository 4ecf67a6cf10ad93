package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Table;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Origin;
import io.arrowquant.quantize.plan.Treatment;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the settings that {@code quantize} would run with. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    modelTransformer = ConfigOptions.Table.class,
    description =
        "Show the settings that quantize would run with, given the same options, settings file and"
            + " environment, and where each came from.")
final class ConfigShowCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Option(
      names = "--yaml",
      order = ConfigOptions.BEFORE,
      description = "Print a settings file; what nobody said stands in it as comments.")
  private boolean yaml;

  @Mixin private ConfigOptions settings;

  @Mixin private OutputOptions output;

  @Override
  public void run() {
    if (yaml && output.json) {
      throw new ParameterException(spec.commandLine(), "--yaml and --json exclude each other.");
    }
    DiffusionQuantConfig config = settings.config();
    output.say(config.notices());
    PrintWriter out = spec.commandLine().getOut();
    if (output.json) {
      Json.print(out, json(config));
    } else if (yaml) {
      printYaml(config, out);
    } else {
      print(config, out);
    }
    out.flush();
  }

  /** A setting as a run takes it. */
  private record Shown(Object value, Origin origin) {}

  /** Where method and group size follow from the width, what they come to stands here. */
  private static Map<String, Shown> shown(DiffusionQuantConfig config) {
    Map<String, Shown> shown = new LinkedHashMap<>();
    config
        .effectiveValues()
        .forEach((key, value) -> shown.put(key, new Shown(value, config.origin(key))));
    if (!config.keepsAll()) {
      Treatment.Quantize usual = Treatment.Quantize.of(config, config.bitWidth());
      if (usual.method() != config.method()) {
        shown.put("method", new Shown(usual.method().word(), Origin.BUILT_IN));
      }
      if (usual.groupSize() != config.groupSize()) {
        shown.put("group_size", new Shown(usual.groupSize(), Origin.BUILT_IN));
      }
    }
    return shown;
  }

  private static ObjectNode json(DiffusionQuantConfig config) {
    ObjectNode json = Json.object();
    shown(config)
        .forEach(
            (key, setting) ->
                json.putObject(key)
                    .put("origin", setting.origin().word())
                    .set("value", Json.of(setting.value())));
    return json;
  }

  private static void print(DiffusionQuantConfig config, PrintWriter out) {
    Table table = new Table("setting", "value", "from");
    shown(config)
        .forEach(
            (key, setting) ->
                table.row(
                    key,
                    setting.value() == null
                        ? "-"
                        : setting.value() instanceof String s ? s : Json.line(setting.value()),
                    setting.origin().word()));
    table.print(out, "");
  }

  /** JSON is YAML; each value stands on a line of its own. */
  private static void printYaml(DiffusionQuantConfig config, PrintWriter out) {
    shown(config)
        .forEach(
            (key, setting) -> {
              boolean said = setting.origin().isSaid();
              String line = key + ": " + Json.line(setting.value());
              out.println((said ? "" : "# ") + line + "  # " + setting.origin().word());
            });
  }
}
