package io.arrowquant.quantize.calibration;

/**
 * How much errors in the weights of each input channel count: {@code w_c = sum_t lambda_t
 * E[x_tc^2]} with {@code lambda_t = n_t / P_t} and {@code P_t = sum_c E[x_tc^2] sum_o W_oc^2}, so
 * that each timestep counts by its error relative to its own output. The squared error of the
 * output that this weighs takes channels for uncorrelated.
 */
public final class ChannelImportance {

  /** Channels that are hardly used still count this much of the mean. */
  private static final double LEAST = 1e-3;

  private ChannelImportance() {}

  /**
   * The importance of each column of a tensor, 1 on average.
   *
   * @param statistics of its input; where they have fewer channels than the tensor has columns, as
   *     for a convolution, a channel is that of so many columns next to each other
   * @param columnEnergies {@code sum_o W_oc^2} of each column
   */
  public static float[] of(LayerStatistics statistics, double[] columnEnergies) {
    int columns = columnEnergies.length;
    int perChannel = columns / statistics.channels();
    double[] importance = new double[columns];
    for (int step = 0; step < statistics.steps(); step++) {
      double power = 0;
      for (int c = 0; c < columns; c++) {
        power += statistics.meanSquare(step, c / perChannel) * columnEnergies[c];
      }
      double lambda = power > 0 ? statistics.count(step) / power : 0;
      for (int c = 0; c < columns; c++) {
        importance[c] += lambda * statistics.meanSquare(step, c / perChannel);
      }
    }
    return normalized(importance);
  }

  private static float[] normalized(double[] importance) {
    double sum = 0;
    for (double value : importance) {
      sum += value;
    }
    double mean = sum / importance.length;
    float[] normalized = new float[importance.length];
    for (int c = 0; c < normalized.length; c++) {
      normalized[c] = mean > 0 ? (float) Math.max(LEAST, importance[c] / mean) : 1;
    }
    return normalized;
  }
}
