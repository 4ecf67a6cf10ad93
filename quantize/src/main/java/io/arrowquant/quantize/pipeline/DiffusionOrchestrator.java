package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.Version;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import io.arrowquant.quantize.calibration.Calibration;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import io.arrowquant.quantize.plan.Treatment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;

/**
 * Carries out a plan: slices stream from the checkpoint through N workers to the writer, in bounded
 * memory, and the same bytes come out whatever N is.
 */
public final class DiffusionOrchestrator {

  private final DiffusionQuantConfig config;
  private final RunOptions options;
  private final Optional<Cluster> cluster;

  public DiffusionOrchestrator(DiffusionQuantConfig config) {
    this(config, RunOptions.DEFAULT);
  }

  public DiffusionOrchestrator(DiffusionQuantConfig config, RunOptions options) {
    this(config, options, Optional.empty());
  }

  /**
   * The same on other machines. Calibration and samples for a target size are this one's work, and
   * a journal is kept here only.
   */
  public DiffusionOrchestrator(DiffusionQuantConfig config, RunOptions options, Cluster cluster) {
    this(config, options, Optional.of(cluster));
  }

  private DiffusionOrchestrator(
      DiffusionQuantConfig config, RunOptions options, Optional<Cluster> cluster) {
    this.config = config;
    this.options = options;
    this.cluster = cluster;
  }

  /**
   * Quantizes one matrix by the settings, whatever its name: one that holds NaN or infinities is
   * kept.
   *
   * @param name becomes {@code layer_name}
   * @param rows each a row of the matrix; read, not kept
   * @param allocator for the result
   * @return rows in {@link io.arrowquant.arrow.parquet.WeightsSchema#ARROW}, owned by the caller
   */
  public VectorSchemaRoot quantizeLayer(
      String name, FixedSizeListVector rows, BufferAllocator allocator) {
    Float4Vector values = (Float4Vector) rows.getDataVector();
    return quantizeLayer(
        name, values.getDataBuffer(), rows.getValueCount(), rows.getListSize(), allocator);
  }

  /** The same for a vector: a matrix of one row. */
  public VectorSchemaRoot quantizeLayer(String name, Float4Vector row, BufferAllocator allocator) {
    return quantizeLayer(name, row.getDataBuffer(), 1, row.getValueCount(), allocator);
  }

  private VectorSchemaRoot quantizeLayer(
      String name, ArrowBuf values, int rows, int columns, BufferAllocator allocator) {
    if (config.keepsAll()) {
      return new LayerQuantizer(allocator, config).keep(0, name, values, rows, columns);
    }
    Treatment.Quantize treatment = Treatment.Quantize.of(config, config.bitWidth());
    return new LayerQuantizer(allocator, config)
        .quantize(0, name, treatment, values, rows, columns);
  }

  /**
   * Whether a run may write here, without writing anything.
   *
   * @throws io.arrowquant.core.OutputExistsException if it may not
   */
  public void checkReplaceable(Path output) {
    cluster.ifPresentOrElse(
        machines -> machines.checkReplaceable(output, options.overwrite()),
        () -> ModelWriter.checkReplaceable(output, options.overwrite()));
  }

  /** Writes a model that was planned without calibration data. */
  public RunOutcome run(
      Checkpoint checkpoint, QuantizationPlan plan, Path output, Progress progress) {
    return run(checkpoint, plan, Calibration.NONE, output, progress);
  }

  /**
   * Writes the planned model.
   *
   * @param checkpoint what is quantized
   * @param planned for this checkpoint, these settings and this calibration data
   * @param calibration stays the caller's
   * @param output the model's folder
   * @param progress hears of source bytes done
   * @throws io.arrowquant.core.OutputExistsException if the output may not be written
   * @throws io.arrowquant.core.StorageException if reading or writing fails
   * @throws MemoryLimitException if the configured memory does not suffice
   * @throws io.arrowquant.core.RunInterruptedException if the calling thread is interrupted; then,
   *     as after any error, no half-written model is left
   */
  public RunOutcome run(
      Checkpoint checkpoint,
      QuantizationPlan planned,
      Calibration calibration,
      Path output,
      Progress progress) {
    ProgressReporter reporter = new ProgressReporter(progress, planned.sourceBytes());
    try (RunMemory memory = new RunMemory(config);
        TensorBytes bytes = new TensorBytes(options.io(), memory.mappings(), memory.buffers());
        SliceJournal journal = options.resume() ? journal(checkpoint, planned, output) : null) {
      return memory.within(
          checkpoint.path(),
          threads(),
          () -> {
            QuantizationPlan plan =
                new Calibrator(bytes, memory.buffers(), threads(), calibration).apply(planned);
            Beginning beginning =
                (settled, footer) ->
                    cluster.isPresent()
                        ? cluster.get().begin(settled, output, options, footer)
                        : here(output, footer, bytes, memory.buffers(), journal);
            return plan.budgetBytes().isPresent()
                ? runWithinBudget(
                    checkpoint,
                    plan,
                    output,
                    new BudgetPlanner(bytes, memory.buffers(), threads(), plan),
                    beginning,
                    reporter)
                : write(checkpoint, plan, output, beginning, reporter, BudgetSearch.NONE);
          });
    }
  }

  /** Begins the execution of a plan whose widths are settled. */
  @FunctionalInterface
  private interface Beginning {
    Execution begin(QuantizationPlan plan, Map<String, String> footer);
  }

  private Execution here(
      Path output,
      Map<String, String> footer,
      TensorBytes bytes,
      BufferAllocator memory,
      SliceJournal journal) {
    UnitWork work = new UnitWork(config, bytes, memory, threads(), journal);
    ModelWriter writer =
        ModelWriter.create(output, options.overwrite(), options.maxPartBytes(), footer);
    return new LocalExecution(writer, work, memory, threads());
  }

  /**
   * Allocates, writes, and where the size turns out to be off, corrects the budget by what was
   * found and does it again.
   */
  private RunOutcome runWithinBudget(
      Checkpoint checkpoint,
      QuantizationPlan plan,
      Path output,
      BudgetPlanner planner,
      Beginning beginning,
      ProgressReporter reporter) {
    BudgetSearch search = new BudgetSearch(plan.budgetBytes().orElseThrow());
    while (true) {
      QuantizationPlan allocated = planner.allocate(search.budget());
      RunOutcome outcome = write(checkpoint, allocated, output, beginning, reporter, search);
      if (outcome != null) {
        return outcome;
      }
      reporter.restart();
    }
  }

  private RunOutcome write(
      Checkpoint checkpoint,
      QuantizationPlan plan,
      Path output,
      Beginning beginning,
      ProgressReporter reporter,
      BudgetSearch search) {
    List<Manifest.SourceEntry> source = new SourceEntries(checkpoint).list();
    Map<String, Object> decisive = config.decisiveValues();
    Map<String, String> footer = Manifest.footer(Version.current(), decisive, source);
    RunLedger ledger = new RunLedger(plan, reporter);
    try (Execution execution = beginning.begin(plan, footer)) {
      for (List<Unit> units = ledger.nextClass(); !units.isEmpty(); units = ledger.nextClass()) {
        execution.run(units, ledger);
      }
      List<LayerTotals> totals = ledger.totals();
      List<LayerRecord> layers =
          totals.stream()
              .map(
                  layer ->
                      layer.record(
                          checkpoint.relative(layer.plan().tensor().file().file()),
                          true,
                          plan.modality().modality()))
              .toList();
      QuantizationPlan settled = plan.with(totals.stream().map(LayerTotals::plan).toList());
      execution.files().writeLayers(layers);
      if (!search.accepts(execution.files().storedBytes())) {
        return null;
      }
      reporter.finish("written");
      checkpoint
          .companionFiles()
          .forEach(file -> execution.files().copyCompanion(checkpoint.root(), file));
      Manifest[] manifest = new Manifest[1];
      List<String> notes = new ArrayList<>(search.notes());
      execution
          .finish(files -> manifest[0] = RunManifest.of(settled, source, totals, layers, files))
          .ifPresent(notes::add);
      SliceJournal.delete(output);
      return new RunOutcome(
          output,
          settled,
          manifest[0],
          layers,
          execution.peakMemoryBytes(),
          execution.workers(),
          options.io().resolve(checkpoint.root()),
          notes);
    }
  }

  /** A journal is good for the same source, by its headers and times, and the same settings. */
  private SliceJournal journal(Checkpoint checkpoint, QuantizationPlan plan, Path output) {
    StringBuilder fingerprint = new StringBuilder(Version.current());
    fingerprint.append(config.decisiveValues());
    for (SafeTensorsHeader file : checkpoint.files()) {
      try {
        fingerprint.append(Files.getLastModifiedTime(file.file())).append(file.fileSize());
      } catch (IOException e) {
        throw ArrowQuantException.whileReading(file.file(), e);
      }
    }
    new SourceEntries(checkpoint).list().forEach(fingerprint::append);
    fingerprint.append(RunManifest.calibration(plan));
    return SliceJournal.open(SliceJournal.fileOf(output), fingerprint.toString());
  }

  private int threads() {
    return config.threads().orElse(Runtime.getRuntime().availableProcessors());
  }
}
