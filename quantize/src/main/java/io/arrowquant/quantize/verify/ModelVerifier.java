package io.arrowquant.quantize.verify;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.config.MemoryLimits;
import io.arrowquant.quantize.pipeline.BoundedMemory;
import io.arrowquant.quantize.pipeline.ProgressReporter;
import io.arrowquant.quantize.verify.Verification.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Verifies a model folder: sizes and CRCs of its files, its schema, page checksums, that each row
 * of each tensor is there once and decodes. Goes on after the first problem.
 */
public final class ModelVerifier {

  private final Path model;
  private final int threads;

  /**
   * @param model the model's folder
   * @param threads workers
   */
  public ModelVerifier(Path model, int threads) {
    this.model = model;
    this.threads = threads;
  }

  /**
   * Verifies.
   *
   * @param progress hears of bytes of files read, and again of bytes decoded
   * @throws io.arrowquant.core.CheckpointNotFoundException if there is no such folder
   * @throws InvalidModelException if it is not a model at all: it has no manifest, or that of a
   *     newer format
   */
  public Verification verify(Progress progress) {
    long start = System.nanoTime();
    Manifest manifest = Manifest.read(model);
    FolderCheck listed = new FolderCheck(model, manifest);
    long bytes = manifest.files().stream().mapToLong(ModelFile::size).sum();
    ProgressReporter reporter = new ProgressReporter(progress, 2 * bytes);
    List<Problem> problems = new ArrayList<>(listed.strangers());
    problems.addAll(listed.totals());
    for (ModelFile file : manifest.files()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new RunInterruptedException("The verification was interrupted.");
      }
      listed.check(file, read -> reporter.advance(read, file.path())).ifPresent(problems::add);
    }
    long parameters = 0;
    int tensors = 0;
    try (ModelReader reader = ModelReader.open(model);
        BoundedMemory memory = new BoundedMemory(MemoryLimits.DEFAULT_MB, "use fewer threads")) {
      problems.addAll(counts(manifest, reader.layers()));
      List<PageLayout> layouts = reader.layouts();
      problems.addAll(rows(reader, layouts));
      long share = layouts.isEmpty() ? 0 : bytes / layouts.size();
      problems.addAll(
          memory.within(
              () ->
                  new StoredTensors(reader, memory.allocator())
                      .check(layouts, fitting(reader), g -> reporter.advance(share, "decoding"))));
      tensors = reader.layers().size();
      parameters = reader.layers().stream().mapToLong(LayerRecord::parameters).sum();
    } catch (InvalidModelException damaged) {
      problems.add(new Problem(model.getFileName().toString(), damaged.getMessage()));
    }
    reporter.finish("verified");
    return new Verification(
        model,
        manifest.files().size(),
        tensors,
        parameters,
        problems,
        (System.nanoTime() - start) / 1e9);
  }

  /** A thread holds a kept row group at most, or a chunk of decoded weights. */
  private int fitting(ModelReader reader) {
    return (int)
        Math.max(
            1,
            Math.min(threads, BoundedMemory.bytes(MemoryLimits.DEFAULT_MB) / reader.largestKept()));
  }

  private static List<Problem> counts(Manifest manifest, List<LayerRecord> layers) {
    List<Problem> problems = new ArrayList<>();
    Manifest.Totals totals = manifest.totals();
    compare(problems, "layers", totals.layers(), layers.size());
    compare(
        problems,
        "quantized_layers",
        totals.quantizedLayers(),
        layers.stream().filter(layer -> layer.quantization() != null).count());
    compare(
        problems,
        "parameters",
        totals.parameters(),
        layers.stream().mapToLong(LayerRecord::parameters).sum());
    return problems;
  }

  private static void compare(List<Problem> problems, String what, long said, long found) {
    if (said != found) {
      problems.add(
          new Problem(
              Manifest.FILE_NAME, "says " + said + " " + what + "; layers.parquet has " + found));
    }
  }

  /** Rows of each weights file against the manifest. */
  private static List<Problem> rows(ModelReader reader, List<PageLayout> layouts) {
    List<ModelFile> parts =
        reader.manifest().files().stream().filter(ModelFile::isWeights).toList();
    long[] rows = new long[parts.size()];
    for (int g = 0; g < layouts.size(); g++) {
      rows[reader.rowGroups().get(g).part()] +=
          layouts.get(g).pages().stream().mapToLong(PageLayout.Page::pieces).sum();
    }
    List<Problem> problems = new ArrayList<>();
    for (int p = 0; p < rows.length; p++) {
      if (rows[p] != parts.get(p).rows()) {
        problems.add(
            new Problem(
                parts.get(p).path(),
                "has " + rows[p] + " rows; the manifest says " + parts.get(p).rows()));
      }
    }
    return problems;
  }
}
