package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.cli.text.Json;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.NameGlob;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a model holds; reads headers alone unless asked to, so it is instant at any size. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description =
        "Show what a model holds: tensors, dtypes, sizes, modality, and what it would become.")
final class InspectCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      index = "0",
      description =
          "SafeTensors file, index or folder, a model in the Hugging Face cache (org/name), a"
              + " quantized model folder, or an address: hf://org/name or https://...")
  private Path model;

  @Parameters(
      paramLabel = "TENSOR",
      index = "1..*",
      arity = "0..*",
      description = "Only tensors whose names match one of these patterns (* and ?); lists them.")
  private List<String> tensors = List.of();

  @Option(
      names = "--sort",
      paramLabel = "KEY",
      description = "List all tensors, by name, size, params or dtype.")
  private TensorChoice.Sort sort;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description =
          "Quantize N rows of each tensor at each width and show the SQNR to expect; reads these"
              + " rows.")
  private int sample;

  @Option(
      names = "--stats",
      description =
          "List all tensors with the entropy of their codes, in bits a code; reads the tensors. The"
              + " codes are those stored, of a quantized tensor; of any other, the 256 of an even"
              + " scale from its least to its greatest value, NaN and infinities left out. 8-bit floats"
              + " with scales beside them count times these in a checkpoint, and as they are stored"
              + " in a quantized model.")
  private boolean stats;

  @Mixin private RemoteSource remote;

  @Mixin private OutputOptions output;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    if (sample < 0) {
      throw new ParameterException(
          spec.commandLine(), "--sample is " + sample + ", but must be a number of rows.");
    }
    TensorChoice choice =
        new TensorChoice(tensors.stream().map(NameGlob::new).toList(), sort, stats);
    Path source = remote.of(model);
    try {
      show(source, look(source, choice), out);
    } finally {
      RemoteSource.clean(source);
    }
  }

  private Inspection look(Path source, TensorChoice choice) {
    if (!stats) {
      return Inspection.of(source, choice, sample, Progress.NONE);
    }
    PrintWriter err = spec.commandLine().getErr();
    try (ProgressDisplay progress = ProgressDisplay.on(err, output.quiet)) {
      return Inspection.of(source, choice, sample, RemoteSource.withRate(source, progress));
    }
  }

  private void show(Path source, Inspection inspection, PrintWriter out) {
    inspection.warnings().forEach(warning -> output.say("warning: " + warning));
    if (output.json) {
      ObjectNode json = inspection.json();
      RemoteSource.describe(source, json);
      Json.print(out, json);
    } else {
      inspection.print(out);
      RemoteSource.print(source, out);
      out.flush();
    }
  }
}
