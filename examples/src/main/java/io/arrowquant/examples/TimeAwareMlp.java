package io.arrowquant.examples;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;

/**
 * A toy denoiser of two layers, quantized to 3 bits with and without calibration: what its layers
 * take in at each timestep is written as JSON lines, and the error of its output is computed at
 * each timestep.
 */
public final class TimeAwareMlp {

  private static final int CHANNELS = 256;
  private static final int HIDDEN = 512;
  private static final int TIMESTEPS = 8;
  private static final int VECTORS = 32;
  private static final String[] LAYERS = {"layers.0.weight", "layers.1.weight"};

  /** Output SQNR in dB at each timestep. */
  public record Comparison(double[] plain, double[] timeAware) {}

  private final Random random = new Random(7);
  private final float[][] weights = {
    gaussian(HIDDEN * CHANNELS, 0.06), gaussian(CHANNELS * HIDDEN, 0.04)
  };

  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      System.err.println("usage: TimeAwareMlp FOLDER");
      System.exit(2);
    }
    Comparison found = new TimeAwareMlp().compare(Path.of(args[0]));
    System.out.println("timestep  without calibration  time-aware");
    for (int t = 0; t < TIMESTEPS; t++) {
      System.out.printf(
          Locale.ROOT, "%8d  %16.2f dB  %7.2f dB%n", t, found.plain()[t], found.timeAware()[t]);
    }
  }

  Comparison compare(Path folder) throws IOException {
    Path model = folder.resolve("mlp.safetensors");
    Path samples = folder.resolve("activations.jsonl");
    write(model);
    float[][][] inputs = inputs();
    calibrate(samples, inputs);
    // The same search both times: what differs is what errors count.
    float[][] plain = quantize(model, folder.resolve("plain"), "none");
    float[][] timeAware = quantize(model, folder.resolve("time-aware"), samples.toString());
    return new Comparison(error(plain, inputs), error(timeAware, inputs));
  }

  private float[][] quantize(Path model, Path out, String calibration) {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .bitWidth(3)
            .method(Method.BEST)
            .calibration(calibration)
            .calibrationSamples(VECTORS)
            .minAccuracy(0.5)
            .build();
    new ArrowQuantV2()
        .quantizeFromSafeTensors(model, out, config)
        .notes()
        .forEach(System.out::println);
    float[][] decoded = new float[LAYERS.length][];
    try (BufferAllocator allocator = new RootAllocator();
        QuantizedModel quantized = QuantizedModel.open(out)) {
      for (int l = 0; l < LAYERS.length; l++) {
        try (Float4Vector vector = quantized.dequantize(LAYERS[l], allocator)) {
          decoded[l] = new float[vector.getValueCount()];
          for (int i = 0; i < decoded[l].length; i++) {
            decoded[l][i] = vector.get(i);
          }
        }
      }
    }
    return decoded;
  }

  /** Noisy data at each timestep: few channels are massive, others early than late. */
  private float[][][] inputs() {
    double[] data = profile();
    double[] noise = profile();
    float[][][] inputs = new float[TIMESTEPS][VECTORS][CHANNELS];
    for (int t = 0; t < TIMESTEPS; t++) {
      double share = (t + 0.5) / TIMESTEPS;
      for (float[] x : inputs[t]) {
        for (int c = 0; c < CHANNELS; c++) {
          x[c] =
              (float)
                  (Math.sqrt(1 - share) * data[c] * random.nextGaussian()
                      + Math.sqrt(share) * noise[c] * random.nextGaussian());
        }
      }
    }
    return inputs;
  }

  private double[] profile() {
    double[] profile = new double[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
      profile[c] = Math.exp(0.4 * random.nextGaussian()) * (random.nextInt(50) == 0 ? 15 : 1);
    }
    return profile;
  }

  /** A sample a line: the layer, the timestep, and what went into the layer. */
  private void calibrate(Path file, float[][][] inputs) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int t = 0; t < TIMESTEPS; t++) {
      for (float[] x : inputs[t]) {
        sample(lines, "layers.0", t, x);
        sample(lines, "layers.1", t, hidden(weights[0], x));
      }
    }
    Files.writeString(file, lines);
  }

  private static void sample(StringBuilder lines, String layer, int timestep, float[] data) {
    lines.append("{\"layer\": \"").append(layer).append("\", \"timestep\": ").append(timestep);
    lines.append(", \"data\": ").append(java.util.Arrays.toString(data)).append("}\n");
  }

  /** The output's SQNR with other weights. */
  private double[] error(float[][] other, float[][][] inputs) {
    double[] decibels = new double[TIMESTEPS];
    for (int t = 0; t < TIMESTEPS; t++) {
      double signal = 0;
      double noise = 0;
      for (float[] x : inputs[t]) {
        float[] expected = multiply(weights[1], hidden(weights[0], x), CHANNELS);
        float[] found = multiply(other[1], hidden(other[0], x), CHANNELS);
        for (int c = 0; c < CHANNELS; c++) {
          double e = (double) expected[c] - found[c];
          signal += (double) expected[c] * expected[c];
          noise += e * e;
        }
      }
      decibels[t] = 10 * Math.log10(signal / noise);
    }
    return decibels;
  }

  private static float[] hidden(float[] weights, float[] x) {
    float[] hidden = multiply(weights, x, HIDDEN);
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] /= (float) (1 + Math.exp(-hidden[i]));
    }
    return hidden;
  }

  private static float[] multiply(float[] weights, float[] x, int rows) {
    float[] y = new float[rows];
    for (int o = 0; o < rows; o++) {
      double sum = 0;
      for (int c = 0; c < x.length; c++) {
        sum += (double) weights[o * x.length + c] * x[c];
      }
      y[o] = (float) sum;
    }
    return y;
  }

  private float[] gaussian(int n, double deviation) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return values;
  }

  private void write(Path file) {
    List<Entry> entries =
        List.of(
            new Entry(LAYERS[0], DType.F32, List.of((long) HIDDEN, (long) CHANNELS)),
            new Entry(LAYERS[1], DType.F32, List.of((long) CHANNELS, (long) HIDDEN)));
    try (SafeTensorsWriter writer =
        SafeTensorsWriter.create(file, Map.of("modality", "text"), entries)) {
      for (float[] layer : weights) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * layer.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(layer);
        writer.write(bytes);
      }
    }
  }
}
