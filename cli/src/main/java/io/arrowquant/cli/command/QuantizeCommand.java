package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.cli.progress.ProgressDisplay;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.ValidationReport;
import io.arrowquant.quantize.pipeline.RunOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Quantizes a model into a Parquet V2 Extended folder. */
@Command(
    name = "quantize",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Quantize a SafeTensors model into a Parquet V2 Extended folder.")
final class QuantizeCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description =
          "SafeTensors file, index or folder, diffusers folder, a model in the Hugging Face"
              + " cache (org/name), or an address: hf://org/name or https://...")
  private Path model;

  @Option(
      names = {"-i", "--input"},
      paramLabel = "MODEL",
      description = "The same, as an option.")
  private Path input;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      description = "Folder to write; complete when the command is done.")
  private Path output;

  @Mixin private ConfigOptions settings;

  @Option(
      names = "--io",
      paramLabel = "WAY",
      description =
          "How source bytes come in: auto, mmap or read (default: auto, which reads on network"
              + " file systems and maps elsewhere).")
  private IoMode io = IoMode.AUTO;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      converter = ShardSize.class,
      description =
          "End a weights file that has grown to SIZE: 1500m, 1.5g, 1.5GiB (default: 5GB).")
  private long maxShardSize = RunOptions.DEFAULT_PART_BYTES;

  @Option(names = "--validate", description = "Decode the written files and compare them.")
  private boolean validate;

  @Option(names = "--dry-run", description = "Say what would be done and how large it would be.")
  private boolean dryRun;

  @Option(names = "--overwrite", description = "Replace a model at OUT once the new one is there.")
  private boolean overwrite;

  @Option(
      names = "--resume",
      description =
          "Keep what is done in a journal beside OUT, and go on from the one that a stopped run"
              + " left: the same bytes as of a run that was never stopped.")
  private boolean resume;

  @Option(
      names = "--allow-requantize",
      description = "Take a model that another tool has quantized already.")
  private boolean allowRequantize;

  @Mixin private RemoteSource remote;

  @Mixin private OutputOptions messages;

  @Override
  public Integer call() {
    source();
    if (output == null && !dryRun) {
      throw new ParameterException(spec.commandLine(), "Missing required option: '--output=OUT'");
    }
    DiffusionQuantConfig config = settings.config();
    config.notices().forEach(this::say);
    RunOptions options =
        RunOptions.DEFAULT
            .withOverwrite(overwrite)
            .withIo(io)
            .withMaxPartBytes(maxShardSize)
            .withAllowRequantize(allowRequantize)
            .withResume(resume);
    Path source = remote.of(source());
    try {
      Checkpoint.open(source).warnings().forEach(this::warn);
      return dryRun ? plan(source, config, options) : quantize(source, config, options);
    } finally {
      RemoteSource.clean(source);
    }
  }

  private Path source() {
    if ((model == null) == (input == null)) {
      throw new ParameterException(
          spec.commandLine(),
          model == null
              ? "Missing required parameter: 'MODEL'"
              : "The model is given twice, as MODEL and as --input.");
    }
    return model == null ? input : model;
  }

  private int plan(Path source, DiffusionQuantConfig config, RunOptions options) {
    PlanReport report = new PlanReport(new ArrowQuantV2().plan(source, config, options));
    print(source, report.json(), report::print);
    report.plan().calibration().notes().forEach(this::say);
    return ExitCode.DONE.number();
  }

  private int quantize(Path source, DiffusionQuantConfig config, RunOptions options) {
    PrintWriter err = spec.commandLine().getErr();
    ArrowQuantV2 quantizer = new ArrowQuantV2();
    QuantizationResult result;
    try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
      result =
          quantizer.quantizeFromSafeTensors(
              source, output, config, options, RemoteSource.withRate(source, progress));
    }
    ValidationReport validation = null;
    if (validate) {
      try (ProgressDisplay progress = ProgressDisplay.on(err, messages.quiet)) {
        // Validation counts weights; the display speaks of the source's bytes.
        double bytesPerWeight = (double) result.sourceBytes() / Math.max(1, result.parameters());
        validation =
            quantizer.validate(
                source,
                output,
                config,
                options,
                (done, all, what) ->
                    progress.onProgress(
                        (long) (done * bytesPerWeight), (long) (all * bytesPerWeight), what));
      }
    }
    return report(source, new RunReport(result, config, validation));
  }

  private void print(Path source, ObjectNode json, Consumer<PrintWriter> text) {
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      RemoteSource.describe(source, json);
      Json.print(out, json);
    } else {
      text.accept(out);
      RemoteSource.print(source, out);
      out.flush();
    }
  }

  private int report(Path source, RunReport report) {
    print(source, report.json(), report::print);
    if (messages.verbose) {
      report.circumstances().forEach(this::say);
    }
    report.result().notes().forEach(this::say);
    report.warnings().forEach(this::warn);
    boolean invalid = report.validation() != null && !report.validation().passed();
    return invalid ? ExitCode.FAILED.number() : ExitCode.DONE.number();
  }

  private void warn(String warning) {
    say("warning: " + warning);
  }

  private void say(String sentence) {
    if (!messages.quiet) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("arrowquant: " + Printable.line(sentence));
      err.flush();
    }
  }
}
