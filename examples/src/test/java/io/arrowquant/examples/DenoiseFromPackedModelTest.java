package io.arrowquant.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The denoiser from packed codes beside the same in float32. */
class DenoiseFromPackedModelTest {

  private static final int DIM = 64;
  private static final int PADDED = 96;
  private static final int HIDDEN = 256;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"8, 40", "4, 18", "3, 12"})
  void theNoiseSeenIsNearThatOfFloat32AtAllTimes(int bits, double leastDb) {
    Random random = new Random(3);
    float[] first = weights(HIDDEN * PADDED, random);
    float[] second = weights(DIM * HIDDEN, random);
    Path model = quantize(first, second, bits);
    float[] noise = weights(DIM, random);
    try (DenoiseFromPackedModel packed = new DenoiseFromPackedModel(model)) {
      for (float time = 0; time <= 1; time += 0.125f) {
        double db = sqnr(float32(first, second, noise, time), packed.noiseOf(noise, time));
        assertTrue(db > leastDb, "at time " + time + ": " + db + " dB");
      }
      float[] expected =
          DenoiseFromPackedModel.denoise(
              noise, 20, (sample, time) -> float32(first, second, sample, time));
      float[] actual = DenoiseFromPackedModel.denoise(noise, 20, packed::noiseOf);
      double db = sqnr(expected, actual);
      assertTrue(db > leastDb, "after 20 steps: " + db + " dB");
    }
  }

  private static float[] float32(float[] first, float[] second, float[] sample, float time) {
    float[] hidden = new float[HIDDEN];
    for (int h = 0; h < HIDDEN; h++) {
      double sum = (double) first[h * PADDED + DIM] * time;
      for (int i = 0; i < DIM; i++) {
        sum += (double) first[h * PADDED + i] * sample[i];
      }
      hidden[h] = (float) Math.max(0, sum);
    }
    float[] output = new float[DIM];
    for (int o = 0; o < DIM; o++) {
      double sum = 0;
      for (int h = 0; h < HIDDEN; h++) {
        sum += (double) second[o * HIDDEN + h] * hidden[h];
      }
      output[o] = (float) sum;
    }
    return output;
  }

  private static double sqnr(float[] expected, float[] actual) {
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < expected.length; i++) {
      signal += (double) expected[i] * expected[i];
      noise += Math.pow((double) expected[i] - actual[i], 2);
    }
    return 10 * Math.log10(signal / noise);
  }

  private static float[] weights(int n, Random random) {
    float[] weights = new float[n];
    for (int i = 0; i < n; i++) {
      weights[i] = (float) (0.1 * random.nextGaussian());
    }
    return weights;
  }

  private Path quantize(float[] first, float[] second, int bits) {
    Path input = folder.resolve("model.safetensors");
    List<Entry> entries =
        List.of(
            new Entry("mlp.0.weight", DType.F32, List.of((long) HIDDEN, (long) PADDED)),
            new Entry("mlp.2.weight", DType.F32, List.of((long) DIM, (long) HIDDEN)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(input, Map.of(), entries)) {
      for (float[] weights : List.of(first, second)) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * weights.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(weights);
        writer.write(bytes);
      }
    }
    Path output = folder.resolve("quantized");
    new ArrowQuantV2()
        .quantizeFromSafeTensors(
            input,
            output,
            DiffusionQuantConfig.builder()
                .bitWidth(bits)
                .groupSize(32)
                .method(Method.BEST)
                .minAccuracy(0)
                .quantize("*.weight")
                .build(),
            Progress.NONE);
    return output;
  }
}
