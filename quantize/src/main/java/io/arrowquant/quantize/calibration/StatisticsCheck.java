package io.arrowquant.quantize.calibration;

import io.arrowquant.core.InvalidCalibrationException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Finds numbers that no activations have.
 *
 * @param where file and layer, for messages
 */
record StatisticsCheck(String where, int channels) {

  void steps(int[] timesteps, double[] counts) {
    if (timesteps.length > LayerStatistics.MOST_STEPS) {
      throw new InvalidCalibrationException(
          where
              + " has "
              + timesteps.length
              + " timesteps; at most "
              + LayerStatistics.MOST_STEPS
              + " are taken.");
    }
    Set<Integer> seen = new HashSet<>();
    for (int step = 0; step < timesteps.length; step++) {
      if (!seen.add(timesteps[step])) {
        throw new InvalidCalibrationException(
            where + " has timestep " + timesteps[step] + " twice; expected it once.");
      }
      if (!(counts[step] >= 0 && counts[step] <= 0x1p53)) {
        throw new InvalidCalibrationException(
            where
                + " has the count "
                + counts[step]
                + " at timestep "
                + timesteps[step]
                + "; expected a number from 0 to 2^53.");
      }
    }
  }

  /** Values of {@code [T, channels]}, or null. */
  void values(String what, float[] values, boolean positive) {
    for (int i = 0; values != null && i < values.length; i++) {
      if (!Float.isFinite(values[i]) || positive && values[i] < 0) {
        throw new InvalidCalibrationException(
            where
                + " has "
                + values[i]
                + " in "
                + what
                + ", channel "
                + i % channels
                + "; expected a finite number"
                + (positive ? " from 0." : "."));
      }
    }
  }

  /** Statistics of one timestep: as many channels as the tensor may have, in each part. */
  void channels(float[] meanSquares, float[] greatest, float[] means, List<Long> allowed) {
    boolean same =
        (greatest == null || greatest.length == meanSquares.length)
            && (means == null || means.length == meanSquares.length);
    if (!allowed.contains((long) meanSquares.length) || !same) {
      throw new InvalidCalibrationException(
          where
              + " has mean_sq, amax and mean of "
              + meanSquares.length
              + ", "
              + (greatest == null ? "no" : greatest.length)
              + " and "
              + (means == null ? "no" : means.length)
              + " channels; expected "
              + allowed.get(0)
              + " in each.");
    }
  }

  /** The steps that count, by timestep; one whose mean squares are all zero says nothing. */
  int[] order(int[] timesteps, double[] counts, float[] meanSquares) {
    return IntStream.range(0, timesteps.length)
        .filter(step -> counts[step] > 0 && says(meanSquares, step))
        .boxed()
        .sorted(Comparator.comparingInt(step -> timesteps[step]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private boolean says(float[] meanSquares, int step) {
    for (int c = 0; c < channels; c++) {
      if (meanSquares[step * channels + c] > 0) {
        return true;
      }
    }
    return false;
  }
}
