package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.plan.SlicePlan.Slice;
import io.arrowquant.quantize.plan.SlicePlan.SliceKind;
import io.arrowquant.quantize.plan.TensorPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Rows of a tensor that is to be quantized, to try something on. */
final class TensorSample {

  private TensorSample() {}

  /**
   * Single rows, evenly spread.
   *
   * @param count how many; fewer where the tensor has fewer or a slice cannot hold them
   */
  static Slice rows(TensorPlan tensor, int count) {
    long fit = Math.max(1, RowRun.MAX_COLUMNS / tensor.columns());
    int rows = (int) Math.min(Math.min(count, fit), tensor.rows());
    List<RowRun> runs = new ArrayList<>(rows);
    for (int r = 0; r < rows; r++) {
      long row = Math.multiplyExact(tensor.rows(), 2L * r + 1) / (2L * rows);
      runs.add(run(tensor, row, 1));
    }
    return slice(tensor, runs);
  }

  /**
   * Runs of rows, spread over the tensor.
   *
   * @param weights about how many
   * @param mostRuns in how many runs at most
   */
  static Slice runs(TensorPlan tensor, long weights, int mostRuns) {
    int columns = run(tensor, 0, 1).columns();
    long rows = tensor.columns() > columns ? 1 : tensor.rows();
    long wanted = Math.max(1, Math.min(rows, weights / columns));
    int count = (int) Math.min(mostRuns, wanted);
    List<RowRun> runs = new ArrayList<>(count);
    for (int r = 0; r < count; r++) {
      long from = rows * r / count;
      long each = Math.min(wanted / count, rows * (r + 1) / count - from);
      runs.add(run(tensor, from, (int) Math.max(1, each)));
    }
    return slice(tensor, runs);
  }

  private static RowRun run(TensorPlan tensor, long firstRow, int rows) {
    int groupSize = treatment(tensor).groupSize();
    return new RowRun(
        tensor.layerId(),
        tensor.tensor().name(),
        firstRow,
        rows,
        RowRun.columnsFrom(0, tensor.columns(), groupSize),
        groupSize);
  }

  private static Slice slice(TensorPlan tensor, List<RowRun> runs) {
    Treatment.Quantize treatment = treatment(tensor);
    return new Slice(
        new SliceKind.Quantized(treatment.bitWidth(), treatment.method()),
        PageLayout.of(runs),
        Collections.nCopies(runs.size(), tensor));
  }

  private static Treatment.Quantize treatment(TensorPlan tensor) {
    return (Treatment.Quantize) tensor.treatment();
  }
}
