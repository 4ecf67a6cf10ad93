package io.arrowquant.quantize.diffusion;

import io.arrowquant.arrow.parquet.LayerRecord.TimeAware;
import io.arrowquant.arrow.parquet.LayerRecord.TimeGroup;
import io.arrowquant.quantize.calibration.LayerStatistics;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts timesteps into groups whose activations have like ranges, so that one scale of 8 bits serves
 * each group. A step in a group is quantized as coarsely as the group's widest, so the cost of a
 * group is the sum over its steps of {@code log(widest range / own range)}, the decibels lost; the
 * cut of least cost is found by dynamic programming.
 */
public final class TimeGroups {

  private static final int LEAST_CODE = -128;
  private static final int CODES = 255;

  private TimeGroups() {}

  /**
   * The groups of a layer.
   *
   * @param most how many groups at most; there are never more than timesteps
   * @return without groups where the statistics tell no ranges
   */
  public static TimeAware of(LayerStatistics statistics, int most) {
    if (!statistics.hasRanges()) {
      return new TimeAware(0, List.of());
    }
    int steps = statistics.steps();
    float[] least = new float[steps];
    float[] greatest = new float[steps];
    double[] logRanges = new double[steps];
    for (int s = 0; s < steps; s++) {
      for (int c = 0; c < statistics.channels(); c++) {
        least[s] = Math.min(least[s], statistics.min(s, c));
        greatest[s] = Math.max(greatest[s], statistics.max(s, c));
      }
      logRanges[s] = StrictMath.log(Math.max((double) greatest[s] - least[s], Float.MIN_NORMAL));
    }
    int[] starts = cut(logRanges, Math.min(most, steps));
    List<TimeGroup> groups = new ArrayList<>();
    for (int g = 0; g < starts.length; g++) {
      int end = g + 1 == starts.length ? steps : starts[g + 1];
      groups.add(group(statistics, starts[g], end, least, greatest));
    }
    return new TimeAware(groups.size(), groups);
  }

  /**
   * The cut of least cost.
   *
   * @param logRanges of each step in order
   * @param groups how many, at most as many as steps
   * @return the first step of each group
   */
  static int[] cut(double[] logRanges, int groups) {
    int n = logRanges.length;
    double[][] least = new double[groups + 1][n + 1];
    int[][] start = new int[groups + 1][n + 1];
    for (int end = 1; end <= n; end++) {
      least[0][end] = Double.POSITIVE_INFINITY;
    }
    for (int g = 1; g <= groups; g++) {
      least[g][0] = Double.POSITIVE_INFINITY;
      for (int end = 1; end <= n; end++) {
        least[g][end] = Double.POSITIVE_INFINITY;
        double widest = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (int first = end - 1; first >= g - 1; first--) {
          widest = Math.max(widest, logRanges[first]);
          sum += logRanges[first];
          double cost = least[g - 1][first] + (end - first) * widest - sum;
          if (cost < least[g][end]) {
            least[g][end] = cost;
            start[g][end] = first;
          }
        }
      }
    }
    int[] starts = new int[groups];
    for (int g = groups, end = n; g > 0; g--) {
      starts[g - 1] = start[g][end];
      end = start[g][end];
    }
    return starts;
  }

  private static TimeGroup group(
      LayerStatistics statistics, int first, int end, float[] least, float[] greatest) {
    float min = 0;
    float max = 0;
    for (int s = first; s < end; s++) {
      min = Math.min(min, least[s]);
      max = Math.max(max, greatest[s]);
    }
    float scale = (float) (((double) max - min) / CODES);
    if (!(scale > 0)) {
      scale = 1;
    }
    // An integer, so that zero stays zero.
    float zeroPoint = (float) Math.rint(LEAST_CODE - (double) min / scale);
    return new TimeGroup(
        statistics.timestep(first), statistics.timestep(end - 1), min, max, scale, zeroPoint);
  }
}
