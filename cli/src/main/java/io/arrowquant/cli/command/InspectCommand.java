package io.arrowquant.cli.command;

import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a model holds; reads headers alone, so it is instant at any size. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = "Show what a model holds: tensors, dtypes, sizes, modality.")
final class InspectCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "SafeTensors file, index or folder, a model in the Hugging Face cache (org/name), or a"
              + " quantized model folder.")
  private Path model;

  @Mixin private OutputOptions output;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    Inspection inspection = Inspection.of(model);
    if (!output.quiet) {
      PrintWriter err = spec.commandLine().getErr();
      inspection
          .warnings()
          .forEach(warning -> err.println("arrowquant: warning: " + Printable.line(warning)));
      err.flush();
    }
    if (output.json) {
      Json.print(out, inspection.json());
    } else {
      inspection.print(out);
      out.flush();
    }
  }
}
