package io.arrowquant.quantize;

import io.arrowquant.arrow.output.DistinctPaths;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.QuantizedInput;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.calibration.Calibration;
import io.arrowquant.quantize.calibration.CalibrationFiles;
import io.arrowquant.quantize.diff.ModelComparison;
import io.arrowquant.quantize.diff.ModelDifference;
import io.arrowquant.quantize.pipeline.Cluster;
import io.arrowquant.quantize.pipeline.DiffusionOrchestrator;
import io.arrowquant.quantize.pipeline.QuantizingReader;
import io.arrowquant.quantize.pipeline.RunMemory;
import io.arrowquant.quantize.pipeline.RunOptions;
import io.arrowquant.quantize.pipeline.RunOutcome;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.restore.CheckpointRestorer;
import io.arrowquant.quantize.restore.Restoration;
import io.arrowquant.quantize.restore.RestoreOptions;
import io.arrowquant.quantize.verify.ModelVerifier;
import io.arrowquant.quantize.verify.Verification;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * Quantizes SafeTensors models into Parquet V2 Extended. The library's front door; immutable and
 * safe for use by many threads.
 */
public final class ArrowQuantV2 {

  private final Mode mode;

  /** Diffusion mode. */
  public ArrowQuantV2() {
    this(Mode.DIFFUSION);
  }

  /**
   * @param mode whether calibration data is looked for
   */
  public ArrowQuantV2(Mode mode) {
    this.mode = mode;
  }

  /** Quantizes with the built-in settings of a width. */
  public QuantizationResult quantizeFromSafeTensors(Path input, Path output, int bitWidth) {
    return quantizeFromSafeTensors(
        input, output, DiffusionQuantConfig.builder().bitWidth(bitWidth).build());
  }

  /** Quantizes with settings, in silence. */
  public QuantizationResult quantizeFromSafeTensors(
      Path input, Path output, DiffusionQuantConfig config) {
    return quantizeFromSafeTensors(input, output, config, Progress.NONE);
  }

  /** Quantizes with settings, into a folder that is not there yet. */
  public QuantizationResult quantizeFromSafeTensors(
      Path input, Path output, DiffusionQuantConfig config, Progress progress) {
    return quantizeFromSafeTensors(input, output, config, RunOptions.DEFAULT, progress);
  }

  /**
   * Quantizes a checkpoint into a model folder.
   *
   * @param input what {@link Checkpoint#open} takes
   * @param output the folder to write; complete when this returns, untouched when it throws
   * @param progress hears of source bytes done
   * @throws InvalidConfigException if the checkpoint is quantized already and the options do not
   *     allow that, or if a pattern of the settings matches no tensor
   * @throws io.arrowquant.core.ArrowQuantException one of its other kinds, each documented there
   */
  public QuantizationResult quantizeFromSafeTensors(
      Path input, Path output, DiffusionQuantConfig config, RunOptions options, Progress progress) {
    DiffusionOrchestrator orchestrator = new DiffusionOrchestrator(config, options);
    return quantize(input, output, config, options, progress, orchestrator);
  }

  /** The same on other machines, to the same model but for how its rows are spread over files. */
  public QuantizationResult quantizeFromSafeTensors(
      Path input,
      Path output,
      DiffusionQuantConfig config,
      RunOptions options,
      Progress progress,
      Cluster cluster) {
    DiffusionOrchestrator orchestrator = new DiffusionOrchestrator(config, options, cluster);
    return quantize(input, output, config, options, progress, orchestrator);
  }

  private QuantizationResult quantize(
      Path input,
      Path output,
      DiffusionQuantConfig config,
      RunOptions options,
      Progress progress,
      DiffusionOrchestrator orchestrator) {
    long start = System.nanoTime();
    DistinctPaths.check(input, output);
    orchestrator.checkReplaceable(output);
    Checkpoint checkpoint = Checkpoint.open(input);
    refuseQuantized(checkpoint, options);
    try (Calibration calibration = calibration(checkpoint, config)) {
      QuantizationPlan plan = plan(checkpoint, config, calibration);
      RunOutcome outcome = orchestrator.run(checkpoint, plan, calibration, output, progress);
      return QuantizationResult.of(outcome, (System.nanoTime() - start) / 1e9);
    }
  }

  /**
   * The same, on a thread of its own. Cancelling the future interrupts the run, which then leaves
   * nothing behind.
   */
  public CompletableFuture<QuantizationResult> quantizeAsync(
      Path input, Path output, DiffusionQuantConfig config, Progress progress) {
    InterruptingFuture<QuantizationResult> future = new InterruptingFuture<>();
    future.start(() -> quantizeFromSafeTensors(input, output, config, progress));
    return future;
  }

  /**
   * Quantizes tensors that come as Arrow batches {@code layer_name, weights: list<float>, shape:
   * list<long>}, a tensor a row, from any producer: pyarrow, DuckDB or Spark over the C stream.
   *
   * @param tensors taken over, and closed with the result
   * @param allocator for the result
   * @return a batch of rows in {@link io.arrowquant.arrow.parquet.WeightsSchema#ARROW} per tensor,
   *     owned by the caller
   */
  public ArrowReader quantize(
      ArrowReader tensors, DiffusionQuantConfig config, BufferAllocator allocator) {
    return new QuantizingReader(tensors, config, allocator);
  }

  /** What would be done, from headers alone. */
  public QuantizationPlan plan(Path input, DiffusionQuantConfig config) {
    return plan(input, config, RunOptions.DEFAULT);
  }

  /** The same for a run with options. */
  public QuantizationPlan plan(Path input, DiffusionQuantConfig config, RunOptions options) {
    Checkpoint checkpoint = Checkpoint.open(input);
    refuseQuantized(checkpoint, options);
    try (Calibration calibration = calibration(checkpoint, config)) {
      return plan(checkpoint, config, calibration);
    }
  }

  /** Without a strategy, calibration data has no use. */
  private Calibration calibration(Checkpoint checkpoint, DiffusionQuantConfig config) {
    return switch (mode) {
      case DIFFUSION -> CalibrationFiles.open(checkpoint, config);
      case BASE -> Calibration.NONE;
    };
  }

  private QuantizationPlan plan(
      Checkpoint checkpoint, DiffusionQuantConfig config, Calibration calibration) {
    return switch (mode) {
      case DIFFUSION -> QuantizationPlan.of(checkpoint, config, calibration);
      case BASE -> QuantizationPlan.of(checkpoint, config);
    };
  }

  /**
   * Decodes every stored weight and compares it with the source.
   *
   * @param input the checkpoint that the model was made from
   * @param model the model's folder
   * @param config its {@code minAccuracy}, threads and memory count
   * @throws io.arrowquant.core.InvalidModelException if the model is damaged
   */
  public ValidationReport validate(
      Path input, Path model, DiffusionQuantConfig config, RunOptions options, Progress progress) {
    Checkpoint checkpoint = Checkpoint.open(input);
    int threads = config.threads().orElse(Runtime.getRuntime().availableProcessors());
    try (RunMemory memory = new RunMemory(config);
        ModelReader reader = ModelReader.open(model);
        TensorBytes bytes = new TensorBytes(options.io(), memory.mappings(), memory.buffers())) {
      long total = reader.manifest().totals().parameters();
      long[] done = new long[1];
      ValidationReport report =
          memory.within(
              input,
              threads,
              () ->
                  new Validator(checkpoint, reader, bytes, memory.buffers())
                      .validate(
                          config,
                          threads,
                          weights -> {
                            done[0] += weights;
                            progress.onProgress(Math.min(done[0], total), total, "validating");
                          }));
      progress.onProgress(total, total, "validated");
      return report;
    }
  }

  /** The same in silence, with the source brought in as its file system suggests. */
  public ValidationReport validate(Path input, Path model, DiffusionQuantConfig config) {
    return validate(input, model, config, RunOptions.DEFAULT, Progress.NONE);
  }

  /**
   * Whether a model folder is what it says: sizes and CRCs of its files, its schema, page
   * checksums, each tensor whole and decodable. {@link #validate} compares it with its source.
   *
   * @param model the model's folder
   * @param threads workers
   * @throws io.arrowquant.core.InvalidModelException if it has no manifest, or that of a newer
   *     format; every other fault is in the answer
   */
  public Verification verify(Path model, int threads, Progress progress) {
    return new ModelVerifier(model, threads).verify(progress);
  }

  /** The same with as many threads as there are processors. */
  public Verification verify(Path model) {
    return verify(model, Runtime.getRuntime().availableProcessors(), Progress.NONE);
  }

  /**
   * Compares two models, each a checkpoint or a quantized model's folder, tensor by tensor.
   *
   * @param threads workers
   * @param progress hears of weights of the first
   */
  public ModelDifference diff(Path before, Path after, int threads, Progress progress) {
    return new ModelComparison(threads).compare(before, after, progress);
  }

  /**
   * Writes a model's tensors as a SafeTensors checkpoint: what was quantized decoded, what was kept
   * bit for bit, with the metadata and companion files of the checkpoint that it was made from.
   *
   * @param model the model's folder
   * @param output one file, if its name ends in {@code .safetensors}, or a folder
   * @param progress hears of restored bytes
   * @throws io.arrowquant.core.InvalidModelException if the model is damaged
   * @throws OutputExistsException if the output may not be written
   */
  public Restoration dequantize(
      Path model, Path output, RestoreOptions options, Progress progress) {
    DistinctPaths.check(model, output);
    try (ModelReader reader = ModelReader.open(model)) {
      return new CheckpointRestorer(reader, options).restore(output, progress);
    }
  }

  /** The same with each tensor's own dtype. */
  public Restoration dequantize(Path model, Path output) {
    return dequantize(model, output, RestoreOptions.DEFAULT, Progress.NONE);
  }

  /** The same, on a thread of its own; cancelling the future leaves nothing behind. */
  public CompletableFuture<Restoration> dequantizeAsync(
      Path model, Path output, RestoreOptions options, Progress progress) {
    InterruptingFuture<Restoration> future = new InterruptingFuture<>();
    future.start(() -> dequantize(model, output, options, progress));
    return future;
  }

  private static void refuseQuantized(Checkpoint checkpoint, RunOptions options) {
    Optional<QuantizedInput> found = checkpoint.quantizedInput();
    if (found.isPresent() && !options.allowRequantize()) {
      throw new InvalidConfigException(
          QuotedName.of(checkpoint.path())
              + " is quantized already as "
              + found.get().scheme().title()
              + " ("
              + found.get().evidence()
              + "); --allow-requantize takes it all the same.");
    }
  }
}
