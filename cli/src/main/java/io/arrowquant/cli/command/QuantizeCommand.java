package io.arrowquant.cli.command;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.quantize.pipeline.RunOptions;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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
    modelTransformer = ConfigOptions.Table.class,
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
      order = ConfigOptions.BEFORE,
      paramLabel = "MODEL",
      description = "The same, as an option.")
  private Path input;

  @Option(
      names = {"-o", "--output"},
      order = ConfigOptions.BEFORE,
      paramLabel = "OUT",
      description = "Folder to write; complete when the command is done.")
  private Path output;

  @Option(
      names = "--batch",
      order = ConfigOptions.BEFORE,
      paramLabel = "FILE",
      description =
          "Quantize the models of a list, YAML or JSON, one after the other; a failed one does not"
              + " stop the rest, options given here hold for all.")
  private Path batch;

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
      converter = SizeWord.class,
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
    if (batch != null) {
      return batch().number();
    }
    Path given = source();
    if (output == null && !dryRun) {
      throw new ParameterException(spec.commandLine(), "Missing required option: '--output=OUT'");
    }
    DiffusionQuantConfig config = settings.config();
    Path source = remote.of(given);
    Outcome outcome = quantizeRun().run(source, output, config, options(overwrite, resume));
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(out, outcome.json().get());
    } else if (!messages.quiet || dryRun) {
      outcome.text().accept(out);
      RemoteSource.print(source, out);
      out.flush();
    }
    messages.say(outcome.remarks());
    return outcome.code().number();
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

  private ExitCode batch() {
    if (model != null || input != null || output != null || settings.hasFile()) {
      throw new ParameterException(
          spec.commandLine(),
          "MODEL, --input, --output and --config do not go with --batch, whose file says them.");
    }
    List<BatchJob> jobs = BatchFile.read(batch);
    // Before the first job begins, so that a wrong setting is known now and not after hours.
    List<DiffusionQuantConfig> configs =
        jobs.stream().map(job -> settings.config(job.settings())).toList();
    BatchReport report = new BatchReport();
    for (int i = 0; i < jobs.size(); i++) {
      BatchJob job = jobs.get(i);
      if (report.code() == ExitCode.INTERRUPTED || Thread.currentThread().isInterrupted()) {
        report.add(BatchReport.Entry.notRun(job));
        continue;
      }
      String name = "job %d of %d".formatted(i + 1, jobs.size());
      messages.say(name + ": " + job.input());
      report.add(run(name, job, configs.get(i)));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (messages.json) {
      Json.print(out, report.json());
    } else if (!messages.quiet || report.code() != ExitCode.DONE) {
      report.print(out);
      out.flush();
    }
    return report.code();
  }

  private BatchReport.Entry run(String name, BatchJob job, DiffusionQuantConfig config) {
    long start = System.nanoTime();
    try {
      Path found = job.source().get();
      Path source = found instanceof RemotePath ? remote.of(found) : found;
      RunOptions options = options(overwrite || job.overwrite(), resume || job.resume());
      Outcome outcome = quantizeRun().run(source, job.output(), config, options);
      messages.say(outcome.remarks());
      return BatchReport.Entry.ended(job, outcome, seconds(start), messages.json);
    } catch (Throwable failure) { // errors too: memory that one model lacks may do for the next
      PrintWriter err = spec.commandLine().getErr();
      err.println("arrowquant: " + name + ": " + Printable.line(ExitCode.message(failure)));
      if (messages.verbose) {
        failure.printStackTrace(err);
      }
      err.flush();
      return BatchReport.Entry.failed(job, failure, seconds(start));
    }
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private RunOptions options(boolean replace, boolean journal) {
    return RunOptions.DEFAULT
        .withOverwrite(replace)
        .withIo(io)
        .withMaxPartBytes(maxShardSize)
        .withAllowRequantize(allowRequantize)
        .withResume(journal);
  }

  private QuantizeRun quantizeRun() {
    return new QuantizeRun(messages, spec.commandLine().getErr(), dryRun, validate);
  }
}
