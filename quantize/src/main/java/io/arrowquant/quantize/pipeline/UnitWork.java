package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import io.arrowquant.quantize.plan.TensorPlan;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;

/** Does slices on the threads of this process, and settles units: written whole, or refused. */
final class UnitWork {

  /** Decides about tensors by what their quantization cost. */
  @FunctionalInterface
  interface Judge {
    /** Whether the tensor may be written so. */
    boolean accepts(TensorPlan tensor, ErrorSums sums);
  }

  private final DiffusionQuantConfig config;
  private final TensorBytes bytes;
  private final BufferAllocator memory;
  private final int threads;
  private final SliceJournal journal;
  private final SliceWorker ownWorker;

  /**
   * @param journal of what was done before; null for none
   */
  UnitWork(
      DiffusionQuantConfig config,
      TensorBytes bytes,
      BufferAllocator memory,
      int threads,
      SliceJournal journal) {
    this.config = config;
    this.bytes = bytes;
    this.memory = memory;
    this.threads = threads;
    this.journal = journal;
    this.ownWorker = new SliceWorker(bytes, memory, config, journal);
  }

  /** The slices of units, in order. */
  static List<Slice> slices(List<Unit> units) {
    return new SlicePlan(units).slices();
  }

  /** Whether the rows of a class are kept, so that there is nothing to settle. */
  static boolean keeps(List<Unit> units) {
    return units.get(0).slices().get(0).kind() instanceof SlicePlan.SliceKind.Kept;
  }

  /**
   * Does slices.
   *
   * @param taker takes over each result, in order, on the calling thread
   */
  void each(List<Slice> slices, Consumer<SliceResult> taker) {
    bytes.expect(
        SourceReader.ranges(
            slices.stream().filter(s -> journal == null || !journal.holds(s)).toList()));
    new OrderedWork<SliceResult>(slices.size(), 2 * threads + 1)
        .run(
            threads,
            () -> {
              SliceWorker worker = new SliceWorker(bytes, memory, config, journal);
              return i -> worker.work(slices.get(i));
            },
            taker);
  }

  /**
   * Does units that fit in memory: each is held until its last slice is measured.
   *
   * @param writer takes over what the judge accepts, in order
   */
  void settle(List<Unit> units, Judge judge, Consumer<SliceResult> writer) {
    if (units.isEmpty()) {
      return;
    }
    try (HeldResults held = new HeldResults()) {
      int[] unit = {0};
      each(
          slices(units),
          result -> {
            held.add(result);
            if (held.size() == units.get(unit[0]).slices().size()) {
              settle(held, judge, writer);
              unit[0]++;
            }
          });
    }
  }

  /**
   * Does a tensor too large for that: its slices are put aside in a file until the last is
   * measured, unless a journal has them anyway.
   *
   * @param folder for the file, which is gone afterwards
   * @param writer takes over the slices, in order, if the judge accepts the tensor
   */
  void settleLarge(Unit unit, Path folder, Judge judge, Consumer<SliceResult> writer) {
    if (journal == null) {
      try (SliceJournal aside = SliceJournal.temporary(folder)) {
        new UnitWork(config, bytes, memory, threads, aside)
            .settleLarge(unit, folder, judge, writer);
      }
      return;
    }
    ErrorSums sums = new ErrorSums();
    each(
        unit.slices(),
        result -> {
          sums.merge(result.sums().get(0));
          result.close();
        });
    if (judge.accepts(unit.slices().get(0).tensors().get(0), sums)) {
      each(unit.slices(), writer);
    }
  }

  /** Writes the slices of a unit, or, where tensors fell short, what is left without them. */
  private void settle(HeldResults held, Judge judge, Consumer<SliceResult> writer) {
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
          if (!undecided && !judge.accepts(tensors.get(id), sum)) {
            refused.add(id);
          }
        });
    if (refused.isEmpty()) {
      held.giveTo(writer);
      return;
    }
    Slice first = held.results().iterator().next().slice();
    held.close();
    if (refused.size() < tensors.size()) {
      held.add(ownWorker.work(first.without(refused)));
      settle(held, judge, writer);
    }
  }
}
