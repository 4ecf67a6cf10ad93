package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.SlicePlan.SliceKind;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.util.ArrayList;
import java.util.List;

/** Rows of a tensor to try something on. */
final class TensorSample {

  private TensorSample() {}

  /**
   * Runs of rows, spread over the tensor.
   *
   * @param tensor to be quantized
   * @param weights about how many
   * @param mostRuns in how many runs at most
   */
  static Slice of(TensorPlan tensor, long weights, int mostRuns) {
    Treatment.Quantize q = (Treatment.Quantize) tensor.treatment();
    int columns = RowRun.columnsFrom(0, tensor.columns(), q.groupSize());
    long rows = tensor.columns() > columns ? 1 : tensor.rows();
    long wanted = Math.max(1, Math.min(rows, weights / columns));
    int runs = (int) Math.min(mostRuns, wanted);
    List<RowRun> sampled = new ArrayList<>();
    List<TensorPlan> tensors = new ArrayList<>();
    for (int r = 0; r < runs; r++) {
      long from = rows * r / runs;
      int count = (int) Math.min(wanted / runs, rows * (r + 1) / runs - from);
      sampled.add(
          new RowRun(
              tensor.layerId(),
              tensor.tensor().name(),
              from,
              Math.max(1, count),
              columns,
              q.groupSize()));
      tensors.add(tensor);
    }
    return new Slice(
        new SliceKind.Quantized(q.bitWidth(), q.method()), PageLayout.of(sampled), tensors);
  }
}
