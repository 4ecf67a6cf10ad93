package io.arrowquant.quantize;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.source.MappedBytes;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import io.arrowquant.quantize.pipeline.OrderedWork;
import io.arrowquant.quantize.pipeline.SourceReader;
import io.arrowquant.quantize.plan.AccuracyGate;
import io.arrowquant.quantize.plan.WeightScale;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Decodes every stored weight of a model and compares it with the source: what the writer claims is
 * not believed.
 */
final class Validator {

  /** Float64 sums in another order differ by less than this, in dB and in cosine. */
  private static final double SQNR_TOLERANCE_DB = 1e-3;

  private static final double COSINE_TOLERANCE = 1e-6;

  private final Checkpoint checkpoint;
  private final ModelReader model;
  private final TensorBytes bytes;
  private final SourceReader reader;
  private final BufferAllocator memory;

  Validator(Checkpoint checkpoint, ModelReader model, TensorBytes bytes, BufferAllocator memory) {
    this.checkpoint = checkpoint;
    this.model = model;
    this.bytes = bytes;
    this.reader = new SourceReader(bytes, memory);
    this.memory = memory;
  }

  /** What was found out about one tensor. */
  private static final class Finding {
    final Comparison comparison = new Comparison();
    long weights;
    String problem;
  }

  /** What was found out about the runs of one row group. */
  private record RowGroupFindings(
      PageLayout layout, List<Comparison> runs, List<String> problems) {}

  ValidationReport validate(DiffusionQuantConfig config, int threads, Consumer<Long> weightsDone) {
    List<Finding> findings = new ArrayList<>();
    for (LayerRecord layer : model.layers()) {
      Finding finding = new Finding();
      finding.problem = disagreement(layer);
      findings.add(finding);
    }
    if (checkpoint.path() instanceof RemotePath) {
      expectSource();
    }
    new OrderedWork<RowGroupFindings>(model.rowGroups().size(), 2 * threads)
        .run(
            threads,
            () -> {
              RowGroupDecoder decoder = new RowGroupDecoder();
              return i -> compare(model.rowGroups().get(i), decoder);
            },
            group -> {
              merge(group, findings);
              weightsDone.accept(group.layout().values());
            });
    List<ValidationReport.Layer> layers = new ArrayList<>();
    for (LayerRecord layer : model.layers()) {
      layers.add(report(layer, findings.get(layer.layerId()), config));
    }
    Manifest.Totals totals = model.manifest().totals();
    return new ValidationReport(
        model.path(),
        new AccuracyGate(config).minCosine(config.bitWidth()),
        layers,
        leftOut(),
        totals.compressionRatio(),
        totals.storedBytes() / 1e6);
  }

  private List<String> leftOut() {
    Set<String> stored = model.layers().stream().map(LayerRecord::name).collect(Collectors.toSet());
    return checkpoint.tensors().stream()
        .map(CheckpointTensor::name)
        .filter(name -> !stored.contains(name))
        .toList();
  }

  /** Says in which order the source will be read. */
  private void expectSource() {
    List<TensorBytes.Range> ranges = new ArrayList<>();
    for (ModelReader.RowGroupRef ref : model.rowGroups()) {
      for (RowRun run : model.layout(ref).runs()) {
        LayerRecord layer = model.layers().get(run.layerId());
        if (disagreement(layer) == null) {
          CheckpointTensor tensor = checkpoint.tensor(layer.name()).orElseThrow();
          ranges.add(SourceReader.range(tensor, run, layer.columns()));
        }
      }
    }
    bytes.expect(ranges);
  }

  /** Why the layer cannot be compared with the source, or null. */
  private String disagreement(LayerRecord layer) {
    CheckpointTensor tensor = checkpoint.tensor(layer.name()).orElse(null);
    if (tensor == null) {
      return "the source has no such tensor";
    }
    if (tensor.dtype() != layer.dtype() || !tensor.shape().equals(layer.shape())) {
      return "the source has "
          + tensor.dtype()
          + tensor.shape()
          + ", the model "
          + layer.dtype()
          + layer.shape();
    }
    return null;
  }

  private RowGroupFindings compare(ModelReader.RowGroupRef ref, RowGroupDecoder decoder) {
    PageLayout layout = model.layout(ref);
    List<Comparison> runs = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    if (model.isQuantized(ref)) {
      try (StoredRowGroup rows = model.quantized(ref, layout)) {
        for (int r = 0; r < layout.runs().size(); r++) {
          compareQuantized(rows, r, decoder, runs, problems);
        }
      }
    } else {
      try (ArrowBuf kept = model.kept(ref, layout, memory)) {
        compareKept(layout, kept, runs, problems);
      }
    }
    return new RowGroupFindings(layout, runs, problems);
  }

  private void compareQuantized(
      StoredRowGroup rows,
      int r,
      RowGroupDecoder decoder,
      List<Comparison> runs,
      List<String> problems) {
    RowRun run = rows.layout().runs().get(r);
    LayerRecord layer = model.layers().get(run.layerId());
    Comparison comparison = new Comparison();
    runs.add(comparison);
    problems.add(disagreement(layer));
    if (problems.get(r) != null) {
      return;
    }
    SourceRows weights = weights(layer, run);
    try (ArrowBuf source = weights.bytes();
        ArrowBuf decoded = memory.buffer(run.weights() * Float.BYTES)) {
      decoder.decode(rows, rows.offsets().firstWeight(r), run.weights(), decoded);
      comparison.add(weights.dtype(), source, decoded, run.weights());
    }
  }

  private void compareKept(
      PageLayout layout, ArrowBuf kept, List<Comparison> runs, List<String> problems) {
    long at = 0;
    for (RowRun run : layout.runs()) {
      LayerRecord layer = model.layers().get(run.layerId());
      String problem = disagreement(layer);
      if (problem == null) {
        try (ArrowBuf source = source(layer, run)) {
          long length = source.capacity();
          if (!MappedBytes.holds(kept, at, source)) {
            problem = "kept values differ from the source";
          }
          at += length;
        }
      }
      runs.add(new Comparison());
      problems.add(problem);
    }
  }

  private ArrowBuf source(LayerRecord layer, RowRun run) {
    return reader.read(checkpoint.tensor(layer.name()).orElseThrow(), run, layer.columns());
  }

  private SourceRows weights(LayerRecord layer, RowRun run) {
    CheckpointTensor tensor = checkpoint.tensor(layer.name()).orElseThrow();
    return reader.weights(
        tensor, run, source(layer, run), WeightScale.of(tensor, checkpoint::tensor));
  }

  private static void merge(RowGroupFindings group, List<Finding> findings) {
    for (int r = 0; r < group.layout().runs().size(); r++) {
      RowRun run = group.layout().runs().get(r);
      Finding finding = findings.get(run.layerId());
      finding.weights += run.weights();
      finding.comparison.merge(group.runs().get(r));
      if (finding.problem == null) {
        finding.problem = group.problems().get(r);
      }
    }
  }

  private ValidationReport.Layer report(
      LayerRecord layer, Finding finding, DiffusionQuantConfig config) {
    Comparison c = finding.comparison;
    String problem = finding.problem;
    if (problem == null && finding.weights != layer.parameters()) {
      problem = finding.weights + " weights are stored; expected " + layer.parameters();
    }
    if (problem == null && layer.quantization() != null) {
      problem =
          figures(
              layer.quality(),
              c,
              new AccuracyGate(config).minCosine(layer.quantization().bitWidth()));
    }
    LayerRecord.Statistics exact = layer.quantization() == null ? layer.statistics() : null;
    return new ValidationReport.Layer(
        layer.name(),
        layer.quantType(),
        layer.parameters(),
        c.cosineSimilarity(),
        c.sqnrDb(),
        exact == null ? c.min() : exact.min(),
        exact == null ? c.max() : exact.max(),
        exact == null ? c.mean() : exact.mean(),
        exact == null ? c.std() : exact.std(),
        problem);
  }

  private static String figures(LayerRecord.Quality stored, Comparison found, double minAccuracy) {
    if (stored == null) {
      return "no figures are stored for it";
    }
    if (Math.abs(stored.cosineSimilarity() - found.cosineSimilarity()) > COSINE_TOLERANCE) {
      return "the stored cosine is "
          + stored.cosineSimilarity()
          + ", the decoded weights give "
          + found.cosineSimilarity();
    }
    boolean bothExact = Double.isInfinite(stored.sqnrDb()) && Double.isInfinite(found.sqnrDb());
    if (!bothExact && !(Math.abs(stored.sqnrDb() - found.sqnrDb()) <= SQNR_TOLERANCE_DB)) {
      return "the stored SQNR is "
          + stored.sqnrDb()
          + " dB, the decoded weights give "
          + found.sqnrDb()
          + " dB";
    }
    if (found.cosineSimilarity() < minAccuracy) {
      return String.format(
          Locale.ROOT,
          "cosine %.4f is below min_accuracy %.4f",
          found.cosineSimilarity(),
          minAccuracy);
    }
    return null;
  }
}
