package io.arrowquant.quantize.diffusion;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One linear layer of a diffusion model, as measured models have them: Gaussian weights, and
 * Gaussian inputs whose channels differ in spread, drift from timestep to timestep, and, where
 * asked for, are massive in one channel of a hundred, in others early than late. All follows from
 * the seed.
 */
final class SyntheticLayer {

  static final int ROWS = 256;
  static final int COLUMNS = 1024;
  static final int STEPS = 10;
  static final String NAME = "blocks.0.proj";

  /** Vectors drawn at each timestep. */
  private static final int VECTORS = 48;

  final float[] weights = new float[ROWS * COLUMNS];

  /** Per step, vector after vector. */
  final float[][] inputs = new float[STEPS][VECTORS * COLUMNS];

  /**
   * @param massive how many times a massive channel is the others; 1 for none
   * @param drifts whether timesteps differ
   */
  SyntheticLayer(long seed, double massive, boolean drifts) {
    Random random = new Random(seed);
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (0.02 * random.nextGaussian());
    }
    double spread = massive > 1 ? 0.5 : 0;
    double[] early = profile(random, massive, spread);
    double[] late = profile(random, massive, spread);
    for (int t = 0; t < STEPS; t++) {
      double share = drifts ? (double) t / (STEPS - 1) : 1;
      double gain = drifts ? Math.exp(1.5 * (1 - share)) : 1;
      for (int i = 0; i < inputs[t].length; i++) {
        int c = i % COLUMNS;
        double deviation = Math.exp((1 - share) * early[c] + share * late[c]);
        inputs[t][i] = (float) (gain * deviation * random.nextGaussian());
      }
    }
    if (!drifts) {
      for (int t = 1; t < STEPS; t++) {
        inputs[t] = inputs[0];
      }
    }
  }

  /** Logarithms of the channels' deviations. */
  private static double[] profile(Random random, double massive, double spread) {
    double[] profile = new double[COLUMNS];
    for (int c = 0; c < COLUMNS; c++) {
      profile[c] = spread * random.nextGaussian();
      if (random.nextInt(100) == 0) {
        profile[c] += Math.log(massive);
      }
    }
    return profile;
  }

  void writeModel(Path file) {
    write(file, Map.of(NAME + ".weight", weights), List.of((long) ROWS, (long) COLUMNS));
  }

  /** Statistics of some steps. */
  void writeCalibration(Path file, int first, int end) {
    int steps = end - first;
    float[] squares = new float[steps * COLUMNS];
    float[] greatest = new float[steps * COLUMNS];
    float[] means = new float[steps * COLUMNS];
    for (int t = 0; t < steps; t++) {
      double[] sum = new double[COLUMNS];
      double[] square = new double[COLUMNS];
      float[] x = inputs[first + t];
      for (int i = 0; i < x.length; i++) {
        int c = i % COLUMNS;
        sum[c] += x[i];
        square[c] += (double) x[i] * x[i];
        greatest[t * COLUMNS + c] = Math.max(greatest[t * COLUMNS + c], Math.abs(x[i]));
      }
      for (int c = 0; c < COLUMNS; c++) {
        squares[t * COLUMNS + c] = (float) (square[c] / VECTORS);
        means[t * COLUMNS + c] = (float) (sum[c] / VECTORS);
      }
    }
    write(
        file,
        Map.of(NAME + ".mean_sq", squares, NAME + ".amax", greatest, NAME + ".mean", means),
        List.of((long) steps, (long) COLUMNS));
  }

  static void write(Path file, Map<String, float[]> tensors, List<Long> shape) {
    Map<String, List<Long>> shapes = new HashMap<>();
    tensors.keySet().forEach(name -> shapes.put(name, shape));
    write(file, tensors, shapes);
  }

  static void write(Path file, Map<String, float[]> tensors, Map<String, List<Long>> shapes) {
    List<Entry> entries =
        tensors.keySet().stream()
            .map(name -> new Entry(name, DType.F32, shapes.get(name)))
            .toList();
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        float[] values = tensors.get(writer.current().get().name());
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        writer.write(bytes);
      }
    }
  }

  /**
   * How well the layer's output survives other weights, in dB at each timestep.
   *
   * @param decoded as many as there are weights
   */
  double[] outputSqnr(float[] decoded) {
    double[] decibels = new double[STEPS];
    for (int t = 0; t < STEPS; t++) {
      double signal = 0;
      double noise = 0;
      for (int v = 0; v < VECTORS; v++) {
        for (int o = 0; o < ROWS; o++) {
          double y = 0;
          double error = 0;
          for (int c = 0; c < COLUMNS; c++) {
            double x = inputs[t][v * COLUMNS + c];
            double w = weights[o * COLUMNS + c];
            y += x * w;
            error += x * (w - decoded[o * COLUMNS + c]);
          }
          signal += y * y;
          noise += error * error;
        }
      }
      decibels[t] = 10 * Math.log10(signal / noise);
    }
    return decibels;
  }
}
