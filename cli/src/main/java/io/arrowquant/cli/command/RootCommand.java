package io.arrowquant.cli.command;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command without a subcommand: only its help. */
@Command(
    name = "arrowquant",
    mixinStandardHelpOptions = true,
    versionProvider = VersionLines.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Quantizes SafeTensors models into Parquet that any Parquet reader can query.",
    footer = "%n'arrowquant bench' measures speed and memory; see 'arrowquant bench --help'.",
    subcommands = {
      QuantizeCommand.class,
      InspectCommand.class,
      DequantizeCommand.class,
      VerifyCommand.class,
      DiffCommand.class,
      SqlCommand.class,
      ReportCommand.class,
      ExportCommand.class,
      CalibrateTemplateCommand.class,
      ConfigCommand.class,
      DemoCommand.class,
      AutoComplete.GenerateCompletion.class,
      ManCommand.class
    })
public final class RootCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is missing.");
  }
}
