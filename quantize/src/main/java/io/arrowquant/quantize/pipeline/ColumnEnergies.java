package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.kernel.Widen;
import io.arrowquant.quantize.plan.TensorPlan;
import org.apache.arrow.memory.ArrowBuf;

/**
 * What each column of a tensor adds to the layer's output, all rows read once.
 *
 * @param squares the sum of squares of each column
 * @param greatest the greatest magnitude of each
 * @param isFinite whether no weight is NaN or infinite
 */
record ColumnEnergies(double[] squares, float[] greatest, boolean isFinite) {

  /** Weights read at a time, about. */
  private static final int BLOCK = 1 << 20;

  static ColumnEnergies of(TensorPlan plan, SourceReader reader, Widen widen) {
    int columns = Math.toIntExact(plan.columns());
    double[] squares = new double[columns];
    float[] greatest = new float[columns];
    float[] stage = new float[Widen.STAGE];
    long rowsEach = Math.max(1, BLOCK / columns);
    boolean finite = true;
    for (long row = 0; row < plan.rows(); row += rowsEach) {
      int rows = (int) Math.min(rowsEach, plan.rows() - row);
      RowRun run = new RowRun(plan.layerId(), plan.tensor().name(), row, rows, columns, 0);
      SourceRows weights =
          reader.weights(
              plan.tensor(), run, reader.read(plan.tensor(), run, columns), plan.scale());
      try (ArrowBuf bytes = weights.bytes()) {
        int width = weights.dtype().bits() / 8;
        int column = 0;
        for (long at = 0; at < run.weights(); at += Widen.STAGE) {
          int n = (int) Math.min(Widen.STAGE, run.weights() - at);
          widen.toFloat(weights.dtype(), bytes.memoryAddress() + at * width, n, stage);
          for (int i = 0; i < n; i++) {
            squares[column] += (double) stage[i] * stage[i];
            greatest[column] = Math.max(greatest[column], Math.abs(stage[i]));
            finite &= Float.isFinite(stage[i]);
            column = column + 1 == columns ? 0 : column + 1;
          }
        }
      }
    }
    return new ColumnEnergies(squares, greatest, finite);
  }
}
