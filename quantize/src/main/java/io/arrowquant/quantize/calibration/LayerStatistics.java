package io.arrowquant.quantize.calibration;

import io.arrowquant.core.InvalidCalibrationException;
import java.util.Optional;

/**
 * Activations that went into one layer: for each of T timesteps, ascending, moments and ranges of
 * each input channel. Immutable.
 */
public final class LayerStatistics {

  /**
   * The most timesteps of a layer: as many as diffusion models are trained with, and few enough to
   * cut into groups exactly.
   */
  public static final int MOST_STEPS = 1000;

  private final int channels;
  private final int[] timesteps;
  private final double[] counts;
  private final float[] meanSquares;
  private final float[] means;
  private final float[] minima;
  private final float[] maxima;

  private LayerStatistics(
      int channels,
      int[] timesteps,
      double[] counts,
      float[] meanSquares,
      float[] means,
      float[] minima,
      float[] maxima) {
    this.channels = channels;
    this.timesteps = timesteps;
    this.counts = counts;
    this.meanSquares = meanSquares;
    this.means = means;
    this.minima = minima;
    this.maxima = maxima;
  }

  /**
   * Checks statistics and sorts them by timestep; steps of which nothing was counted are left out.
   * Arrays are taken over.
   *
   * @param where what messages call the data: file and layer
   * @param timesteps T of them, in any order
   * @param counts vectors seen at each
   * @param meanSquares {@code [T, channels]}, the mean of each channel's squares
   * @param means the mean of each channel, or null
   * @param minima its least value, or a bound of it, or null
   * @param maxima its greatest, or null; there are both or none
   * @return empty where no step counted anything
   * @throws InvalidCalibrationException if a number is one that no activations have
   */
  static Optional<LayerStatistics> of(
      String where,
      int channels,
      int[] timesteps,
      double[] counts,
      float[] meanSquares,
      float[] means,
      float[] minima,
      float[] maxima) {
    StatisticsCheck check = new StatisticsCheck(where, channels);
    check.steps(timesteps, counts);
    check.values("mean_sq", meanSquares, true);
    check.values("mean", means, false);
    check.values("amax", minima, false);
    check.values("amax", maxima, false);
    int[] order = check.order(timesteps, counts, meanSquares);
    if (order.length == 0) {
      return Optional.empty();
    }
    int[] sortedSteps = new int[order.length];
    double[] sortedCounts = new double[order.length];
    for (int i = 0; i < order.length; i++) {
      sortedSteps[i] = timesteps[order[i]];
      sortedCounts[i] = counts[order[i]];
    }
    return Optional.of(
        new LayerStatistics(
            channels,
            sortedSteps,
            sortedCounts,
            rows(meanSquares, channels, order),
            rows(means, channels, order),
            rows(minima, channels, order),
            rows(maxima, channels, order)));
  }

  private static float[] rows(float[] values, int channels, int[] order) {
    if (values == null) {
      return null;
    }
    float[] rows = new float[order.length * channels];
    for (int i = 0; i < order.length; i++) {
      System.arraycopy(values, order[i] * channels, rows, i * channels, channels);
    }
    return rows;
  }

  /** Input channels. */
  public int channels() {
    return channels;
  }

  /** T, at least 1. */
  public int steps() {
    return timesteps.length;
  }

  /** The timestep of a number, counted from 0. */
  public int timestep(int step) {
    return timesteps[step];
  }

  /** Vectors seen at a step, above 0. */
  public double count(int step) {
    return counts[step];
  }

  /** Mean of a channel's squares at a step. */
  public float meanSquare(int step, int channel) {
    return meanSquares[step * channels + channel];
  }

  /** Whether {@link #mean} has anything to say. */
  public boolean hasMeans() {
    return means != null;
  }

  /** Mean of a channel at a step; only with {@link #hasMeans}. */
  public float mean(int step, int channel) {
    return means[step * channels + channel];
  }

  /** Whether {@link #min} and {@link #max} have anything to say. */
  public boolean hasRanges() {
    return minima != null;
  }

  /** Least activation, or a bound of it. */
  public float min(int step, int channel) {
    return minima[step * channels + channel];
  }

  /** Greatest activation, or a bound of it. */
  public float max(int step, int channel) {
    return maxima[step * channels + channel];
  }
}
