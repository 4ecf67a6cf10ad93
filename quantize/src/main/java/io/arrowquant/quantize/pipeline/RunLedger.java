package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.AccuracyException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import io.arrowquant.quantize.plan.AccuracyGate;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;

/**
 * What has become of each tensor of a plan that is carried out class by class. A tensor that falls
 * short moves on to a class that comes later: more bits, or kept. Used by one thread.
 */
public final class RunLedger implements UnitWork.Judge {

  private final QuantizationPlan plan;
  private final ProgressReporter reporter;
  private final AccuracyGate gate;
  private final NavigableMap<Integer, List<TensorPlan>> classes;
  private final Map<Integer, List<LayerRecord.Attempt>> attempts = new HashMap<>();
  private final List<LayerTotals> totals = new ArrayList<>();

  RunLedger(QuantizationPlan plan, ProgressReporter reporter) {
    this.plan = plan;
    this.reporter = reporter;
    this.gate = new AccuracyGate(plan.config());
    this.classes = SlicePlan.classes(plan.tensors());
    plan.tensors().forEach(tensor -> totals.add(new LayerTotals(tensor, List.of())));
  }

  /** The units of the next class, in the order of writing; none where all classes are done. */
  List<Unit> nextClass() {
    if (classes.isEmpty()) {
      return List.of();
    }
    List<TensorPlan> tensors = classes.pollFirstEntry().getValue();
    tensors.sort(Comparator.comparingInt(TensorPlan::layerId));
    return SlicePlan.ofClass(tensors).units();
  }

  /** Whether the tensor may be written so; if not, it has been moved to a later class. */
  @Override
  public boolean accepts(TensorPlan tensor, ErrorSums sums) {
    if (gate.accepts(tensor, sums)) {
      return true;
    }
    if (sums.hasNonFinite()) {
      move(tensor, new Treatment.Keep("holds NaN or infinities"));
      return false;
    }
    Quality quality = sums.quality();
    Treatment.Quantize tried = (Treatment.Quantize) tensor.treatment();
    if (plan.config().failFast()) {
      throw new AccuracyException(
          String.format(
              Locale.ROOT,
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

  /** Takes note of a row group; those of a tensor come in the order of its rows. */
  public void written(WrittenSlice slice) {
    List<Long> shares = slice.shares();
    long done = 0;
    for (int r = 0; r < slice.runs().size(); r++) {
      WrittenSlice.Run run = slice.runs().get(r);
      LayerTotals layer = totals.get(run.layerId());
      long sourceBytes = run.weights() * layer.plan().tensor().dtype().bits() / 8;
      layer.add(run.sums(), run.crc(), sourceBytes, shares.get(r));
      done += sourceBytes;
    }
    int first = slice.runs().get(0).layerId();
    reporter.advance(done, totals.get(first).plan().tensor().name());
  }

  /** The plan's tensor of a number, as it is treated by now. */
  TensorPlan tensor(int layerId) {
    return totals.get(layerId).plan();
  }

  /** What each tensor came to, in the order of the plan. */
  List<LayerTotals> totals() {
    return totals;
  }
}
