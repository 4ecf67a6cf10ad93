package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Table;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Origin;
import java.io.PrintWriter;
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
    description =
        "Show the settings that quantize would run with, given the same options, settings file and"
            + " environment, and where each came from.")
final class ConfigShowCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Option(
      names = "--yaml",
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
    if (!output.quiet) {
      PrintWriter err = spec.commandLine().getErr();
      config.notices().forEach(notice -> err.println("arrowquant: " + Printable.line(notice)));
      err.flush();
    }
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

  private static ObjectNode json(DiffusionQuantConfig config) {
    ObjectNode json = Json.object();
    config
        .effectiveValues()
        .forEach(
            (key, value) ->
                json.putObject(key)
                    .put("origin", config.origin(key).word())
                    .set("value", Json.of(value)));
    return json;
  }

  private static void print(DiffusionQuantConfig config, PrintWriter out) {
    Table table = new Table("setting", "value", "from");
    config
        .effectiveValues()
        .forEach(
            (key, value) ->
                table.row(
                    key,
                    value == null ? "-" : value instanceof String s ? s : Json.line(value),
                    config.origin(key).word()));
    table.print(out, "");
  }

  /** JSON is YAML; each value stands on a line of its own. */
  private static void printYaml(DiffusionQuantConfig config, PrintWriter out) {
    config
        .effectiveValues()
        .forEach(
            (key, value) -> {
              Origin origin = config.origin(key);
              out.println(
                  (origin.isSaid() ? "" : "# ")
                      + key
                      + ": "
                      + Json.line(value)
                      + "  # "
                      + origin.word());
            });
  }
}
