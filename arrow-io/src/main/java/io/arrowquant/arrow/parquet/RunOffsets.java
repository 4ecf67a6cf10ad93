package io.arrowquant.arrow.parquet;

import java.util.Arrays;

/** Where the runs of a row group begin among its weights and its scale groups. */
public final class RunOffsets {

  private final long[] firstWeights;
  private final int[] firstGroups;

  /**
   * @param layout of the row group
   */
  public RunOffsets(PageLayout layout) {
    int runs = layout.runs().size();
    this.firstWeights = new long[runs + 1];
    this.firstGroups = new int[runs + 1];
    for (int r = 0; r < runs; r++) {
      RowRun run = layout.runs().get(r);
      firstWeights[r + 1] = firstWeights[r] + run.weights();
      firstGroups[r + 1] = firstGroups[r] + run.rowCount() * run.groupsPerRow();
    }
  }

  /** Index of the first weight of a run among those of the row group. */
  public long firstWeight(int run) {
    return firstWeights[run];
  }

  /** Index of the first scale group of a run among those of the row group. */
  public int firstGroup(int run) {
    return firstGroups[run];
  }

  /** The run that holds a weight of the row group. */
  public int runOf(long weight) {
    int found = Arrays.binarySearch(firstWeights, weight);
    return found >= 0 ? found : -found - 2;
  }
}
