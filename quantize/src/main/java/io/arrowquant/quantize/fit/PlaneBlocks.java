package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.kernel.GroupPlanes;
import io.arrowquant.quantize.kernel.Widen;

/** Walks over the groups of a slice in row order, as many of a run at a time as fill planes. */
final class PlaneBlocks {

  /** Loops over fewer lanes spend their time before and after the vectorized part. */
  private static final int LANES = 1024;

  private final Widen widen;
  private final GroupBlocks blocks = new GroupBlocks();
  private final GroupPlanes planes = new GroupPlanes();
  private final float[] weights = new float[Widen.STAGE];
  private Slice slice;
  private int run;
  private int firstGroup;

  PlaneBlocks(Widen widen) {
    this.widen = widen;
  }

  void open(Slice of) {
    slice = of;
    run = -1;
    firstGroup = 0;
    planes.open(1, 0, false);
  }

  /** Goes to the next block; false after the last. */
  boolean next() {
    firstGroup += planes.groups();
    if (run >= 0 && fill()) {
      return true;
    }
    while (++run < slice.layout().runs().size()) {
      blocks.open(slice.layout().runs().get(run));
      if (fill()) {
        return true;
      }
    }
    return false;
  }

  private boolean fill() {
    RowRun rows = slice.layout().runs().get(run);
    SourceRows source = slice.sources().get(run);
    // A row shorter than a group holds one.
    int size = Math.min(rows.groupSize(), rows.columns());
    int lanesPerGroup = (size + GroupPlanes.MAX_PLANES - 1) / GroupPlanes.MAX_PLANES;
    planes.open(size, LANES / lanesPerGroup + Widen.STAGE, source.columnImportance() != null);
    float[] importance = source.columnImportance();
    while (planes.groups() * lanesPerGroup < LANES && blocks.next()) {
      widen.toFloat(
          source.dtype(), source.address(blocks.firstWeight()), blocks.weights(), weights);
      int column = (int) (blocks.firstWeight() % rows.columns());
      int from = 0;
      for (int g = 0; g < blocks.groups(); g++) {
        int n = blocks.sizes()[g];
        planes.add(weights, from, n, importance, column);
        from += n;
        column = column + n == rows.columns() ? 0 : column + n;
      }
    }
    return planes.groups() > 0;
  }

  GroupPlanes planes() {
    return planes;
  }

  /** Run of the slice that the block belongs to. */
  int run() {
    return run;
  }

  /** Index in the slice of the block's first group. */
  int firstGroup() {
    return firstGroup;
  }
}
