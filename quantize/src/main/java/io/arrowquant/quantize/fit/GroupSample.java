package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.kernel.GroupPlanes;
import io.arrowquant.quantize.kernel.Widen;

/**
 * Groups of a slice that stand for all: half of the choice falls on each group alike, half on each
 * in proportion to its expected error, and importance makes up for that, so that few large groups
 * are not missed. Tensors that share the slice count by their relative error, each as its weights
 * do.
 */
final class GroupSample {

  private final Widen widen;
  private final GroupPlanes planes = new GroupPlanes();
  private final float[] weights = new float[Widen.STAGE];
  private float[] least = new float[0];
  private float[] most = new float[0];
  private double[] importance = new double[0];
  private double[] groups = new double[0];
  private double[] runImportance = new double[0];
  private int size;

  GroupSample(Widen widen) {
    this.widen = widen;
  }

  GroupPlanes planes() {
    return planes;
  }

  /** Where the range of each group of the sample begins. */
  float[] least() {
    return least;
  }

  /** Where it ends. */
  float[] most() {
    return most;
  }

  /** What a squared error of each group of the planes counts. */
  double[] importance() {
    return importance;
  }

  /** How many groups of the slice each stands for, about. */
  double[] groups() {
    return groups;
  }

  int size() {
    return size;
  }

  /** What a squared error of each run of the slice counts. */
  double[] runImportance() {
    return runImportance;
  }

  /**
   * Draws groups.
   *
   * @param lo where the range of each group of the slice begins; NaN where any codes will do
   * @param hi where it ends
   * @param count groups to draw, about
   */
  void draw(Slice slice, float[] lo, float[] hi, int count) {
    int largest = 1;
    for (RowRun run : slice.layout().runs()) {
      largest = Math.max(largest, Math.min(run.groupSize(), run.columns()));
    }
    boolean weighted = slice.sources().stream().anyMatch(rows -> rows.columnImportance() != null);
    reserve(count + 1);
    runImportance = new double[slice.layout().runs().size()];
    planes.open(largest, count + 1, weighted);
    size = 0;
    double total = slice.layout().values();
    double drawn = 0;
    int group = 0;
    for (int r = 0; r < slice.layout().runs().size(); r++) {
      RowRun run = slice.layout().runs().get(r);
      int groups = run.rowCount() * run.groupsPerRow();
      double[] masses = masses(run, slice.sources().get(r));
      double expected = 0;
      for (int g = 0; g < groups; g++) {
        expected += error(hi[group + g] - lo[group + g], masses[g % run.groupsPerRow()]);
      }
      double factor = expected > 0 ? run.weights() / expected : 0;
      runImportance[r] = factor;
      for (int g = 0; g < groups; g++, group++) {
        float range = hi[group] - lo[group];
        if (Float.isNaN(range)) {
          continue;
        }
        int n = columns(run, g);
        double share =
            (0.5 * n + 0.5 * factor * error(range, masses[g % run.groupsPerRow()])) / total * count;
        double before = drawn;
        drawn += share;
        if ((long) drawn > (long) before && size < least.length) {
          add(slice.sources().get(r), run, g, n);
          least[size] = lo[group];
          most[size] = hi[group];
          this.groups[size] = 1 / Math.min(1, share);
          importance[size] = factor * n / planes.weightsPerGroup() / Math.min(1, share);
          size++;
        }
      }
    }
  }

  private void add(SourceRows rows, RowRun run, int group, int n) {
    long row = group / run.groupsPerRow();
    int column = group % run.groupsPerRow() * run.groupSize();
    widen.toFloat(rows.dtype(), rows.address(row * run.columns() + column), n, weights);
    planes.add(weights, 0, n, rows.columnImportance(), column);
  }

  /** What the weights of each group of a row count together. */
  private static double[] masses(RowRun run, SourceRows rows) {
    double[] masses = new double[run.groupsPerRow()];
    for (int g = 0; g < masses.length; g++) {
      masses[g] = rows.columnImportance() == null ? columns(run, g) : 0;
      for (int c = 0; rows.columnImportance() != null && c < columns(run, g); c++) {
        masses[g] += rows.columnImportance()[g * run.groupSize() + c];
      }
    }
    return masses;
  }

  private static int columns(RowRun run, int group) {
    int column = group % run.groupsPerRow() * run.groupSize();
    return Math.min(run.groupSize(), run.columns() - column);
  }

  /** Proportional to what is left after rounding to equal steps of the range. */
  private static double error(float range, double mass) {
    return Float.isNaN(range) ? 0 : (double) range * range * mass;
  }

  private void reserve(int n) {
    if (least.length < n) {
      least = new float[n];
      most = new float[n];
      importance = new double[n];
      groups = new double[n];
    }
  }
}
