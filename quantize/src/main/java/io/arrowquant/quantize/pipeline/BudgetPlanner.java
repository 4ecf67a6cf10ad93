package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import io.arrowquant.quantize.plan.AccuracyGate;
import io.arrowquant.quantize.plan.BitAllocation;
import io.arrowquant.quantize.plan.BitAllocation.Choice;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.SizeEstimate;
import io.arrowquant.quantize.plan.SlicePlan;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Edits a plan so that the model has a given size: every tensor whose width is free is quantized on
 * a sample of its rows at every width, and {@link BitAllocation} spreads the bytes by the errors
 * found. What is kept is encoded whole, so that its size is known and not guessed.
 */
final class BudgetPlanner {

  /** Weights of a tensor that are tried, about. */
  private static final long SAMPLE = 1 << 17;

  /** Runs that the sample is taken in, spread over the tensor. */
  private static final int SAMPLE_RUNS = 8;

  private final TensorBytes bytes;
  private final BufferAllocator memory;
  private final int threads;
  private final QuantizationPlan plan;
  private final List<TensorPlan> free;
  private final List<List<Choice>> choices;
  private final double fixed;

  /** Tries and measures; {@link #allocate} then costs nothing. */
  BudgetPlanner(TensorBytes bytes, BufferAllocator memory, int threads, QuantizationPlan plan) {
    this.bytes = bytes;
    this.memory = memory;
    this.threads = threads;
    this.plan = plan;
    this.free = plan.tensors().stream().filter(plan::isFree).toList();
    this.choices = choices();
    this.fixed = fixedBytes();
  }

  /** What a sample came to at one width. */
  private record Trial(Quality quality, double errorSquares, double bytesPerWeight) {}

  /**
   * Chooses widths.
   *
   * @param budget bytes of the whole model, companion files excepted
   * @throws io.arrowquant.core.InvalidConfigException if the model cannot be so small
   */
  QuantizationPlan allocate(double budget) {
    List<Integer> widths = BitAllocation.allocate(choices, budget - fixed);
    List<TensorPlan> settled = new ArrayList<>(plan.tensors());
    for (int i = 0; i < free.size(); i++) {
      settled.set(
          free.get(i).layerId(), free.get(i).with(free.get(i).at(plan.config(), widths.get(i))));
    }
    return plan.with(settled);
  }

  /** Bytes of everything whose treatment is settled: kept tensors, pinned widths, metadata. */
  private double fixedBytes() {
    List<Slice> slices =
        SlicePlan.of(plan.with(plan.tensors().stream().filter(t -> !plan.isFree(t)).toList()))
            .slices();
    long[] total = {0};
    bytes.expect(SourceReader.ranges(slices));
    new OrderedWork<Long>(slices.size(), 2 * threads + 1)
        .run(
            threads,
            () -> {
              SliceWorker worker = new SliceWorker(bytes, memory, plan.config());
              return i -> {
                try (SliceResult result = worker.work(slices.get(i))) {
                  return result.group() == null
                      ? slices.get(i).sourceBytes()
                      : result.group().estimatedBytes();
                }
              };
            },
            bytesOfSlice -> total[0] += bytesOfSlice);
    return total[0] + SizeEstimate.ofFolder(plan.tensors().size());
  }

  private List<List<Choice>> choices() {
    List<List<Choice>> found = new ArrayList<>();
    free.forEach(tensor -> found.add(new ArrayList<>()));
    int trials = free.size() * CodeLimits.BIT_WIDTHS.size();
    bytes.expect(
        SourceReader.ranges(
            free.stream()
                .flatMap(t -> CodeLimits.BIT_WIDTHS.stream().map(width -> sample(t, width)))
                .toList()));
    new OrderedWork<Trial>(trials, 4 * threads)
        .run(
            threads,
            () -> {
              SliceWorker worker = new SliceWorker(bytes, memory, plan.config());
              return i ->
                  trial(
                      free.get(i / CodeLimits.BIT_WIDTHS.size()),
                      CodeLimits.BIT_WIDTHS.get(i % CodeLimits.BIT_WIDTHS.size()),
                      worker);
            },
            new TrialTaker(found));
    return found;
  }

  /** Makes choices of trials, which come tensor by tensor, width by width. */
  private final class TrialTaker implements Consumer<Trial> {

    private final List<List<Choice>> found;
    private final AccuracyGate gate = new AccuracyGate(plan.config());
    private int next;

    TrialTaker(List<List<Choice>> found) {
      this.found = found;
    }

    @Override
    public void accept(Trial trial) {
      TensorPlan tensor = free.get(next / CodeLimits.BIT_WIDTHS.size());
      int width = CodeLimits.BIT_WIDTHS.get(next % CodeLimits.BIT_WIDTHS.size());
      List<Choice> choices = found.get(next / CodeLimits.BIT_WIDTHS.size());
      next++;
      double weights = (double) tensor.rows() * tensor.columns();
      if (gate.passes(tensor.at(plan.config(), width), trial.quality())
          || width == CodeLimits.BIT_WIDTHS.get(CodeLimits.BIT_WIDTHS.size() - 1)) {
        choices.add(
            new Choice(
                width,
                trial.bytesPerWeight() * weights,
                trial.errorSquares() * weights * plan.sensitivity(tensor)));
      }
    }
  }

  private Slice sample(TensorPlan tensor, int width) {
    return TensorSample.runs(tensor.with(tensor.at(plan.config(), width)), SAMPLE, SAMPLE_RUNS);
  }

  private Trial trial(TensorPlan tensor, int width, SliceWorker worker) {
    Slice slice = sample(tensor, width);
    ErrorSums sums = new ErrorSums();
    try (SliceResult result = worker.work(slice)) {
      result.sums().forEach(sums::merge);
      long weights = slice.layout().values();
      double size =
          result.group() == null
              ? weights * width / 8.0
              : result.group().estimatedBytes() - rowGroupShare(tensor, weights);
      Quality quality = sums.quality();
      return new Trial(quality, quality.rmse() * quality.rmse(), size / weights);
    }
  }

  /** What the sample's row group costs more, for its weights, than the whole tensor's will. */
  private static double rowGroupShare(TensorPlan tensor, long sampled) {
    double weights = (double) tensor.rows() * tensor.columns();
    double each = Math.min(weights, RowRun.MAX_COLUMNS);
    return SizeEstimate.ROW_GROUP * Math.max(0, 1 - sampled / Math.max(each, SAMPLE * 8.0));
  }
}
