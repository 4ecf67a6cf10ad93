package io.arrowquant.quantize.calibration;

import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Gathers activations that come in rows, a layer and a timestep each: statistics are taken as they
 * are, samples are summed up, a given number of each layer and timestep. Takes a few numbers per
 * channel and timestep, however many samples there are. For one thread.
 */
final class LayerSums {

  /** What was seen at one timestep of one layer. */
  private static final class Step {
    int samples;
    double count;
    double[] squares;
    double[] sums;
    float[] min;
    float[] max;
  }

  private final Path file;
  private final LayerNames names;
  private final int mostSamples;
  private final Map<String, TreeMap<Integer, Step>> byTensor = new LinkedHashMap<>();
  private final Set<String> unknown = new LinkedHashSet<>();
  private long left;

  /**
   * @param mostSamples samples of each layer and timestep that are taken
   */
  LayerSums(Path file, LayerNames names, int mostSamples) {
    this.file = file;
    this.names = names;
    this.mostSamples = mostSamples;
  }

  /**
   * Adds a sample: one or more vectors of the layer's input channels.
   *
   * @param values vector after vector
   * @param n how many values count
   */
  void sample(String layer, int timestep, float[] values, int n) {
    Optional<CheckpointTensor> tensor = known(layer);
    if (tensor.isEmpty()) {
      return;
    }
    int channels = LayerNames.channels(tensor.get());
    if (n == 0 || n % channels != 0) {
      throw new InvalidCalibrationException(
          where(layer, timestep)
              + " has a sample of "
              + n
              + " values; expected vectors of "
              + channels
              + ".");
    }
    for (int i = 0; i < n; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InvalidCalibrationException(
            where(layer, timestep) + " has " + values[i] + "; expected a finite number.");
      }
    }
    Step step = step(tensor.get(), layer, timestep);
    if (step.samples == mostSamples) {
      left++;
      return;
    }
    step.samples++;
    step.count += (double) n / channels;
    add(step, channels, values, n);
  }

  private static void add(Step step, int channels, float[] values, int n) {
    if (step.squares == null) {
      step.squares = new double[channels];
      step.sums = new double[channels];
      step.min = new float[channels];
      step.max = new float[channels];
      System.arraycopy(values, 0, step.min, 0, channels);
      System.arraycopy(values, 0, step.max, 0, channels);
    }
    for (int i = 0, c = 0; i < n; i++, c = c + 1 == channels ? 0 : c + 1) {
      step.squares[c] += (double) values[i] * values[i];
      step.sums[c] += values[i];
      step.min[c] = Math.min(step.min[c], values[i]);
      step.max[c] = Math.max(step.max[c], values[i]);
    }
  }

  /**
   * Takes statistics.
   *
   * @param count vectors that they are of
   * @param greatest greatest magnitude of each channel, or null
   * @param means mean of each, or null
   */
  void statistics(
      String layer,
      int timestep,
      double count,
      float[] meanSquares,
      float[] greatest,
      float[] means) {
    Optional<CheckpointTensor> tensor = known(layer);
    if (tensor.isEmpty()) {
      return;
    }
    List<Long> allowed = LayerNames.allowedChannels(tensor.get());
    StatisticsCheck check = new StatisticsCheck(where(layer, timestep), meanSquares.length);
    check.channels(meanSquares, greatest, means, allowed);
    check.steps(new int[] {timestep}, new double[] {count});
    check.values("mean_sq", meanSquares, true);
    check.values("amax", greatest, true);
    check.values("mean", means, false);
    Step step = step(tensor.get(), layer, timestep);
    if (step.squares != null) {
      throw new InvalidCalibrationException(
          where(layer, timestep) + " comes twice; expected it once.");
    }
    step.count = count;
    step.squares = scaled(meanSquares, count);
    step.sums = means == null ? null : scaled(means, count);
    step.max = greatest;
    step.min = greatest == null ? null : negated(greatest);
  }

  private static double[] scaled(float[] values, double by) {
    double[] scaled = new double[values.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = values[i] * by;
    }
    return scaled;
  }

  static float[] negated(float[] values) {
    float[] negated = new float[values.length];
    for (int i = 0; i < negated.length; i++) {
      negated[i] = -values[i];
    }
    return negated;
  }

  private Optional<CheckpointTensor> known(String layer) {
    Optional<CheckpointTensor> tensor = names.tensor(layer);
    if (tensor.isEmpty()) {
      unknown.add(layer);
    }
    return tensor;
  }

  private Step step(CheckpointTensor tensor, String layer, int timestep) {
    TreeMap<Integer, Step> steps = byTensor.computeIfAbsent(tensor.name(), name -> new TreeMap<>());
    if (steps.size() == LayerStatistics.MOST_STEPS && !steps.containsKey(timestep)) {
      throw new InvalidCalibrationException(
          where(layer, timestep)
              + " is more than the "
              + LayerStatistics.MOST_STEPS
              + " timesteps that are taken.");
    }
    return steps.computeIfAbsent(timestep, t -> new Step());
  }

  private String where(String layer, int timestep) {
    return "Layer "
        + QuotedName.of(layer)
        + " at timestep "
        + timestep
        + " of "
        + QuotedName.of(file);
  }

  /** All that was gathered. */
  Calibration finish(CalibrationSource source) {
    Map<String, LayerStatistics> statistics = new LinkedHashMap<>();
    byTensor.forEach(
        (tensor, steps) ->
            statistics(tensor, List.copyOf(steps.keySet()), List.copyOf(steps.values()))
                .ifPresent(found -> statistics.put(tensor, found)));
    List<String> notes = new ArrayList<>();
    if (left > 0) {
      notes.add(
          left
              + " calibration samples were left out: calibration_samples takes "
              + mostSamples
              + " of each layer and timestep.");
    }
    return new GatheredCalibration(
        source, statistics, byTensor.keySet(), List.copyOf(unknown), notes);
  }

  private Optional<LayerStatistics> statistics(
      String tensor, List<Integer> timesteps, List<Step> steps) {
    int channels = steps.get(0).squares.length;
    boolean means = steps.stream().allMatch(step -> step.sums != null);
    boolean ranges = steps.stream().allMatch(step -> step.min != null);
    int values = Math.multiplyExact(steps.size(), channels);
    float[] meanSquares = new float[values];
    float[] mean = means ? new float[values] : null;
    float[] min = ranges ? new float[values] : null;
    float[] max = ranges ? new float[values] : null;
    double[] counts = new double[steps.size()];
    for (int s = 0; s < counts.length; s++) {
      Step step = steps.get(s);
      if (step.squares.length != channels) {
        throw new InvalidCalibrationException(
            "Tensor "
                + QuotedName.of(tensor)
                + " has statistics of "
                + channels
                + " and of "
                + step.squares.length
                + " channels in "
                + QuotedName.of(file)
                + "; expected the same at every timestep.");
      }
      counts[s] = step.count;
      for (int c = 0; step.count > 0 && c < channels; c++) {
        meanSquares[s * channels + c] = (float) (step.squares[c] / step.count);
        if (means) {
          mean[s * channels + c] = (float) (step.sums[c] / step.count);
        }
      }
      if (ranges) {
        System.arraycopy(step.min, 0, min, s * channels, channels);
        System.arraycopy(step.max, 0, max, s * channels, channels);
      }
    }
    return LayerStatistics.of(
        "Tensor " + QuotedName.of(tensor) + " in " + QuotedName.of(file),
        channels,
        timesteps.stream().mapToInt(Integer::intValue).toArray(),
        counts,
        meanSquares,
        mean,
        min,
        max);
  }
}
