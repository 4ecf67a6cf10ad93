package io.arrowquant.examples;

import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.quantize.multiply.PackedMatrix;
import java.nio.file.Path;

/**
 * Runs a small denoiser from a quantized model without ever unpacking it: two linear layers, {@code
 * mlp.0.weight} of {@code [hidden, dim + 1]}, whose last column takes the time, and {@code
 * mlp.2.weight} of {@code [dim, hidden]}, with a ReLU between. Columns beyond the input are
 * padding.
 */
public final class DenoiseFromPackedModel implements AutoCloseable {

  private final QuantizedModel model;
  private final PackedMatrix first;
  private final PackedMatrix second;

  DenoiseFromPackedModel(Path folder) {
    model = QuantizedModel.open(folder);
    first = model.layer("mlp.0.weight").packed();
    second = model.layer("mlp.2.weight").packed();
  }

  public static void main(String[] args) {
    if (args.length != 1) {
      System.err.println("usage: DenoiseFromPackedModel MODEL");
      System.exit(2);
    }
    try (DenoiseFromPackedModel denoiser = new DenoiseFromPackedModel(Path.of(args[0]))) {
      float[] noise = new float[denoiser.second.rows()];
      for (int i = 0; i < noise.length; i++) {
        noise[i] = (float) Math.sin(i);
      }
      float[] sample = denoise(noise, 20, denoiser::noiseOf);
      System.out.printf("%d values, the first is %.4f%n", sample.length, sample[0]);
    }
  }

  /** The noise that a model sees in a sample. */
  @FunctionalInterface
  interface Denoiser {
    float[] noiseOf(float[] sample, float time);
  }

  /** Takes the noise away in steps from time 1 to time 0. */
  static float[] denoise(float[] noise, int steps, Denoiser denoiser) {
    float[] sample = noise.clone();
    for (int step = 0; step < steps; step++) {
      float[] seen = denoiser.noiseOf(sample, 1 - (float) step / steps);
      for (int i = 0; i < sample.length; i++) {
        sample[i] -= seen[i] / steps;
      }
    }
    return sample;
  }

  float[] noiseOf(float[] sample, float time) {
    float[] input = new float[first.columns()];
    System.arraycopy(sample, 0, input, 0, sample.length);
    input[sample.length] = time;
    float[] hidden = new float[first.rows()];
    first.multiply(input, hidden);
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = Math.max(0, hidden[i]);
    }
    float[] output = new float[second.rows()];
    second.multiply(hidden, output);
    return output;
  }

  @Override
  public void close() {
    first.close();
    second.close();
    model.close();
  }
}
