package io.arrowquant.quantize.diffusion;

import io.arrowquant.arrow.parquet.LayerRecord.ActivationStats;
import io.arrowquant.quantize.calibration.LayerStatistics;
import java.util.ArrayList;
import java.util.List;

/** Mean, deviation and range of each input channel over all timesteps, each counted by its n. */
public final class ActivationMoments {

  private ActivationMoments() {}

  /** The moments, or null where the statistics lack means or ranges. */
  public static ActivationStats of(LayerStatistics statistics) {
    if (!statistics.hasMeans() || !statistics.hasRanges()) {
      return null;
    }
    List<Float> means = new ArrayList<>();
    List<Float> deviations = new ArrayList<>();
    List<Float> minima = new ArrayList<>();
    List<Float> maxima = new ArrayList<>();
    for (int c = 0; c < statistics.channels(); c++) {
      double count = 0;
      double sum = 0;
      double squares = 0;
      float min = Float.POSITIVE_INFINITY;
      float max = Float.NEGATIVE_INFINITY;
      for (int step = 0; step < statistics.steps(); step++) {
        double n = statistics.count(step);
        count += n;
        sum += n * statistics.mean(step, c);
        squares += n * statistics.meanSquare(step, c);
        min = Math.min(min, statistics.min(step, c));
        max = Math.max(max, statistics.max(step, c));
      }
      double mean = sum / count;
      means.add((float) mean);
      deviations.add((float) Math.sqrt(Math.max(0, squares / count - mean * mean)));
      minima.add(min);
      maxima.add(max);
    }
    return new ActivationStats(means, deviations, minima, maxima);
  }
}
