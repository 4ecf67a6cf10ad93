package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.AccuracyException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import io.arrowquant.quantize.plan.AccuracyGate;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Carries out a plan class by class. The slices of a tensor are held back until all are measured;
 * then they are written, or the tensor moves on to a class that comes later: more bits, or kept.
 */
final class GatedRun {

  private final QuantizationPlan plan;
  private final ModelWriter writer;
  private final TensorBytes bytes;
  private final BufferAllocator memory;
  private final ProgressReporter reporter;
  private final int threads;
  private final SliceJournal journal;
  private final AccuracyGate gate;
  private final SliceWorker ownWorker;
  private final NavigableMap<Integer, List<TensorPlan>> classes;
  private final Map<Integer, List<LayerRecord.Attempt>> attempts = new HashMap<>();
  private final List<LayerTotals> totals = new ArrayList<>();

  /**
   * @param journal of what was done before; null for none
   */
  GatedRun(
      QuantizationPlan plan,
      ModelWriter writer,
      TensorBytes bytes,
      BufferAllocator memory,
      ProgressReporter reporter,
      int threads,
      SliceJournal journal) {
    this.plan = plan;
    this.journal = journal;
    this.writer = writer;
    this.bytes = bytes;
    this.memory = memory;
    this.reporter = reporter;
    this.threads = threads;
    this.gate = new AccuracyGate(plan.config());
    this.ownWorker = new SliceWorker(bytes, memory, plan.config(), journal);
    this.classes = SlicePlan.classes(plan.tensors());
    plan.tensors().forEach(tensor -> totals.add(new LayerTotals(tensor, List.of())));
  }

  /** Writes all row groups; returns what each tensor came to, in the order of the plan. */
  List<LayerTotals> run() {
    while (!classes.isEmpty()) {
      List<TensorPlan> tensors = classes.pollFirstEntry().getValue();
      tensors.sort((a, b) -> Integer.compare(a.layerId(), b.layerId()));
      writer.endPart();
      runClass(SlicePlan.ofClass(tensors).units());
    }
    return totals;
  }

  private void runClass(List<Unit> units) {
    if (units.get(0).slices().get(0).kind() instanceof SlicePlan.SliceKind.Kept) {
      work(units, this::write);
      return;
    }
    List<Unit> small = new ArrayList<>();
    for (Unit unit : units) {
      if (unit.estimatedBytes() <= memory.getLimit() / 4) {
        small.add(unit);
      } else {
        hold(small);
        small.clear();
        measureThenWrite(unit);
      }
    }
    hold(small);
  }

  /** Units that fit in memory: each is held until its last slice is measured. */
  private void hold(List<Unit> units) {
    try (HeldResults held = new HeldResults()) {
      int[] unit = {0};
      work(
          units,
          result -> {
            held.add(result);
            if (held.size() == units.get(unit[0]).slices().size()) {
              settle(held);
              unit[0]++;
            }
          });
    }
  }

  /** A tensor too large to be held back: done once for its figures, and again to be written. */
  private void measureThenWrite(Unit unit) {
    ErrorSums sums = new ErrorSums();
    work(
        List.of(unit),
        result -> {
          sums.merge(result.sums().get(0));
          result.close();
        });
    TensorPlan tensor = unit.slices().get(0).tensors().get(0);
    if (accepts(tensor, sums)) {
      work(List.of(unit), this::write);
    }
  }

  private void work(List<Unit> units, Consumer<SliceResult> taker) {
    List<Slice> slices = new SlicePlan(units).slices();
    bytes.expect(
        SourceReader.ranges(
            slices.stream().filter(s -> journal == null || !journal.holds(s)).toList()));
    new OrderedWork<SliceResult>(slices.size(), 2 * threads + 1)
        .run(
            threads,
            () -> {
              SliceWorker worker = new SliceWorker(bytes, memory, plan.config(), journal);
              return i -> worker.work(slices.get(i));
            },
            taker);
  }

  /** Writes the slices of a unit, or, where tensors fell short, what is left without them. */
  private void settle(HeldResults held) {
    Map<Integer, ErrorSums> sums = new LinkedHashMap<>();
    Map<Integer, TensorPlan> tensors = new HashMap<>();
    for (SliceResult result : held.results()) {
      for (int r = 0; r < result.sums().size(); r++) {
        TensorPlan tensor = result.slice().tensors().get(r);
        tensors.put(tensor.layerId(), tensor);
        sums.computeIfAbsent(tensor.layerId(), id -> new ErrorSums()).merge(result.sums().get(r));
      }
    }
    Set<Integer> refused = new HashSet<>();
    boolean finite = sums.values().stream().noneMatch(ErrorSums::hasNonFinite);
    sums.forEach(
        (id, sum) -> {
          // Where one tensor is not finite, nothing of its slice was quantized.
          boolean undecided = !finite && !sum.hasNonFinite();
          if (!undecided && !accepts(tensors.get(id), sum)) {
            refused.add(id);
          }
        });
    if (refused.isEmpty()) {
      held.giveTo(this::write);
      return;
    }
    Slice first = held.results().iterator().next().slice();
    held.close();
    if (refused.size() < tensors.size()) {
      held.add(ownWorker.work(first.without(refused)));
      settle(held);
    }
  }

  /** Whether the tensor may be written so; if not, it has been moved to a later class. */
  private boolean accepts(TensorPlan tensor, ErrorSums sums) {
    if (sums.hasNonFinite()) {
      move(tensor, new Treatment.Keep("holds NaN or infinities"));
      return false;
    }
    Quality quality = sums.quality();
    Treatment.Quantize tried = (Treatment.Quantize) tensor.treatment();
    if (gate.passes(tried, quality)) {
      return true;
    }
    if (plan.config().failFast()) {
      throw new AccuracyException(
          String.format(
              "Tensor %s at %d bits has cosine %.4f and SQNR %.2f dB; asked for is %s.",
              QuotedName.of(tensor.tensor().name()),
              tried.bitWidth(),
              quality.cosineSimilarity(),
              quality.sqnrDb(),
              gate.demand(tried.bitWidth())));
    }
    attempts
        .computeIfAbsent(tensor.layerId(), id -> new ArrayList<>())
        .add(
            new LayerRecord.Attempt(
                tried.bitWidth(), quality.sqnrDb(), quality.cosineSimilarity()));
    move(tensor, gate.next(tensor, tried));
    return false;
  }

  private void move(TensorPlan tensor, Treatment treatment) {
    TensorPlan moved = tensor.with(treatment);
    classes.computeIfAbsent(SlicePlan.classOf(moved), c -> new ArrayList<>()).add(moved);
    totals.set(
        tensor.layerId(),
        new LayerTotals(moved, attempts.getOrDefault(tensor.layerId(), List.of())));
  }

  private void write(SliceResult result) {
    try (result) {
      addTotals(result, writer.write(result.group()));
    }
    Slice slice = result.slice();
    reporter.advance(slice.sourceBytes(), slice.layout().runs().get(0).layerName());
  }

  /** The bytes of a row group are shared out among its tensors by their weights. */
  private void addTotals(SliceResult result, long stored) {
    List<RowRun> runs = result.slice().layout().runs();
    long weights = result.slice().layout().values();
    long before = 0;
    long shared = 0;
    for (int r = 0; r < runs.size(); r++) {
      before += runs.get(r).weights();
      long upTo = (long) ((double) stored * before / weights);
      long share = (r == runs.size() - 1 ? stored : upTo) - shared;
      shared += share;
      int bits = result.slice().tensors().get(r).tensor().dtype().bits();
      totals
          .get(runs.get(r).layerId())
          .add(result.sums().get(r), result.crcs().get(r), runs.get(r).weights() * bits / 8, share);
    }
  }
}
