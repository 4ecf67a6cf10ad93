package io.arrowquant.cli.command;

import io.arrowquant.cli.demo.ModelQueries;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.cli.file.TemporaryFolder;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.ParameterCount;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.ValidationReport;
import io.arrowquant.quantize.pipeline.RunOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The whole way on a model that is made on the spot: nothing to download. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Make a synthetic diffusion transformer, quantize it to INT4, validate and query it.")
final class DemoCommand implements Callable<Integer> {

  private static final long SMALLEST = 2_000_000;
  private static final int SHARDS = 3;
  private static final long SEED = 2024;
  private static final String LAYER = "transformer_blocks.0.attn1.to_q.weight";

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FOLDER",
      arity = "0..1",
      description =
          "Where to write the model and its quantized form (default: a temporary folder, deleted"
              + " at the end).")
  private Path folder;

  @Option(
      names = "--parameters",
      paramLabel = "N",
      converter = ParameterCount.class,
      description = "About how many parameters, from 2M on (default: ${DEFAULT-VALUE}).",
      defaultValue = "100M")
  private long parameters;

  @Mixin private OutputOptions messages;

  @Override
  public Integer call() throws SQLException {
    if (parameters < SMALLEST) {
      throw new ParameterException(
          spec.commandLine(), "A demo of fewer than 2M parameters has no layer worth showing.");
    }
    if (folder != null) {
      return run(folder);
    }
    try (TemporaryFolder temporary = TemporaryFolder.create("arrowquant-demo")) {
      return run(temporary.path());
    }
  }

  private int run(Path folder) throws SQLException {
    Path model = folder.resolve("model");
    Path quantized = folder.resolve("model-int4");
    DiffusionQuantConfig config = DiffusionQuantConfig.builder().bitWidth(4).groupSize(128).build();
    ArrowQuantV2 quantizer = new ArrowQuantV2();

    make(new SyntheticCheckpoint(parameters, DType.BF16, SHARDS, SEED), model);
    say("Quantizing to INT4, one scale and zero point for 128 weights ...");
    QuantizationResult result;
    try (ProgressDisplay progress = progress()) {
      result = quantizer.quantizeFromSafeTensors(model, quantized, config, progress);
    }
    say("Decoding the written files and comparing them with the checkpoint ...");
    ValidationReport validation =
        quantizer.validate(model, quantized, config, RunOptions.DEFAULT, (done, all, what) -> {});
    RunReport report = new RunReport(result, config, validation);

    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(out, report.json());
    } else {
      out.println();
      report.print(out);
      out.println();
      out.println(
          "The files are plain Parquet. DuckDB, which knows nothing of ArrowQuant, reads them:");
      out.println();
      try (ModelQueries queries = new ModelQueries(quantized)) {
        queries.show(out, LAYER);
      }
      out.flush();
    }
    return validation.passed() ? ExitCode.DONE.number() : ExitCode.FAILED.number();
  }

  private void make(SyntheticCheckpoint checkpoint, Path model) {
    say(
        "Making a diffusion transformer of %s parameters, BF16, in %s ..."
            .formatted(
                Quantity.count(checkpoint.parameterCount()), Printable.line(model.toString())));
    long start = System.nanoTime();
    try (ProgressDisplay progress = progress()) {
      checkpoint.write(model, progress);
    }
    say(
        String.format(
            Locale.ROOT,
            "%s written in %.1f s.",
            Quantity.bytes(checkpoint.byteSize()),
            (System.nanoTime() - start) / 1e9));
  }

  private ProgressDisplay progress() {
    return ProgressDisplay.on(spec.commandLine().getErr(), messages.quiet);
  }

  private void say(String sentence) {
    if (!messages.quiet) {
      spec.commandLine().getErr().println(sentence);
      spec.commandLine().getErr().flush();
    }
  }
}
