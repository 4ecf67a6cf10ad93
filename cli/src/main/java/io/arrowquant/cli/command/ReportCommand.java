package io.arrowquant.cli.command;

import io.arrowquant.cli.file.OutputFile;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.cli.report.ModelReport;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import io.arrowquant.quantize.QuantizedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a page about a quantized model. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description =
        "Write one HTML page about a quantized model: sizes, quality of each layer, the worst"
            + " layers and rules that would spare them, histograms of weights. It needs no"
            + " network.")
final class ReportCommand implements Runnable {

  private static final int WORST = 10;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "A quantized model's folder.")
  private Path model;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "Where the page goes.")
  private Path file;

  @Option(
      names = "--source",
      paramLabel = "ORIGINAL",
      description =
          "The checkpoint that the model was made from: its histograms are drawn behind the"
              + " model's.")
  private Path source;

  @Option(names = "--overwrite", description = "Replace FILE.")
  private boolean overwrite;

  @Mixin private OutputOptions messages;

  @Override
  public void run() {
    List<String> rules;
    try (QuantizedModel opened = QuantizedModel.open(model)) {
      rules = WorstTensors.explicit(opened.layers(), WORST).options();
    }
    PrintWriter err = spec.commandLine().getErr();
    try (OutputFile written = OutputFile.create(file, overwrite);
        ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
      PrintWriter page = written.writer();
      ModelReport.write(model, Optional.ofNullable(source), rules, progress, page);
      if (page.checkError()) {
        throw new StorageException("Cannot write " + QuotedName.of(file) + ".");
      }
      written.complete();
    }
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(out, Json.object().put("report", file.toString()));
    } else if (!messages.quiet) {
      out.println(Printable.line(file.toString()));
      out.flush();
    }
  }
}
