package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.kernel.Widen;

/**
 * Walks over the groups of a run in row order, as many at a time as kernels take. Reused for every
 * run.
 */
final class GroupBlocks {

  private final int[] sizes = new int[Widen.STAGE];
  private RowRun run;
  private long row;
  private int column;
  private long firstWeight;
  private int groups;
  private int weights;

  void open(RowRun of) {
    run = of;
    row = 0;
    column = 0;
    firstWeight = 0;
    weights = 0;
  }

  /** Goes to the next block; false after the last. */
  boolean next() {
    firstWeight += weights;
    groups = 0;
    weights = 0;
    if (run.columns() == 0) {
      return false;
    }
    while (row < run.rowCount()) {
      int size = Math.min(run.groupSize(), run.columns() - column);
      if (weights + size > Widen.STAGE) {
        break;
      }
      sizes[groups++] = size;
      weights += size;
      column += size;
      if (column == run.columns()) {
        column = 0;
        row++;
      }
    }
    return groups > 0;
  }

  /** Groups in the block. */
  int groups() {
    return groups;
  }

  /** Weights of each group of the block; only the first {@link #groups()} count. */
  int[] sizes() {
    return sizes;
  }

  /** Weights in the block. */
  int weights() {
    return weights;
  }

  /** Weights of the run before the block. */
  long firstWeight() {
    return firstWeight;
  }

  /** Whether groups begin and end at multiples of eight weights. */
  boolean octets() {
    return run.columns() % 8 == 0 && run.groupSize() % 8 == 0;
  }
}
