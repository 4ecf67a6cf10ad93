package io.arrowquant.quantize.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What calibration gains, measured on the output of a layer through files as a user has them. */
class TimeAwareAcceptanceTest {

  private static final SyntheticLayer MASSIVE = new SyntheticLayer(1, 20, true);
  private static final SyntheticLayer EVEN = new SyntheticLayer(2, 1, true);

  @TempDir static Path shared;
  @TempDir Path folder;

  @BeforeAll
  static void models() {
    MASSIVE.writeModel(shared.resolve("massive.safetensors"));
    MASSIVE.writeCalibration(shared.resolve("all.safetensors"), 0, SyntheticLayer.STEPS);
    MASSIVE.writeCalibration(
        shared.resolve("last.safetensors"), SyntheticLayer.STEPS - 1, SyntheticLayer.STEPS);
    EVEN.writeModel(shared.resolve("even.safetensors"));
    EVEN.writeCalibration(shared.resolve("even-all.safetensors"), 0, SyntheticLayer.STEPS);
  }

  @ParameterizedTest
  @CsvSource({"2, 5.0", "3, 3.5", "4, 2.5"})
  void timeAwareBeatsRoundingAndThePlainSearch(int bits, double overRounding) {
    double[] rounding = sqnr(MASSIVE, "massive", bits, c -> c.method(Method.FAST).groupSize(64));
    double[] search = sqnr(MASSIVE, "massive", bits, c -> c.method(Method.BEST));
    double[] timeAware = sqnr(MASSIVE, "massive", bits, calibrated("all"));
    double[] lastStep = sqnr(MASSIVE, "massive", bits, calibrated("last"));
    double[] equalized =
        sqnr(MASSIVE, "massive", bits, c -> calibrated("all").apply(c).enableSpatial(true));
    String figures =
        "INT%d mean over t: rounding %.2f, search %.2f, time-aware %.2f, and spatial %.2f dB; worst: last step %.2f, time-aware %.2f dB"
            .formatted(
                bits,
                mean(rounding),
                mean(search),
                mean(timeAware),
                mean(equalized),
                worst(lastStep),
                worst(timeAware));
    System.out.println(figures);
    assertTrue(mean(timeAware) >= mean(rounding) + overRounding, figures);
    assertTrue(mean(timeAware) >= mean(search) + 2, figures);
    assertTrue(worst(timeAware) >= worst(lastStep) + 0.7, figures);
    assertTrue(mean(equalized) >= mean(timeAware) - 0.05, figures);
  }

  @ParameterizedTest
  @CsvSource({"2", "3", "4"})
  void nothingIsLostWhereNoChannelIsMassive(int bits) {
    double[] search = sqnr(EVEN, "even", bits, c -> c.method(Method.BEST));
    double[] timeAware = sqnr(EVEN, "even", bits, calibrated("even-all"));
    String figures =
        "INT%d, no massive channels: search %.2f, time-aware %.2f dB"
            .formatted(bits, mean(search), mean(timeAware));
    System.out.println(figures);
    assertTrue(mean(timeAware) >= mean(search) - 0.05, figures);
  }

  @Test
  void identicalStatisticsAtAllTimestepsGiveTheCodesOfOne() {
    SyntheticLayer still = new SyntheticLayer(3, 20, false);
    still.writeModel(shared.resolve("still.safetensors"));
    still.writeCalibration(shared.resolve("ten.safetensors"), 0, SyntheticLayer.STEPS);
    still.writeCalibration(shared.resolve("one.safetensors"), 0, 1);
    byte[] ten = weightsFile("still", 3, calibrated("ten"));
    byte[] one = weightsFile("still", 3, calibrated("one"));
    assertArrayEquals(one, ten);
  }

  @Test
  void timeAwareChangesTheCodes() {
    byte[] plain = weightsFile("massive", 3, c -> c.method(Method.BEST));
    byte[] calibrated = weightsFile("massive", 3, calibrated("all"));
    assertTrue(!Arrays.equals(plain, calibrated));
  }

  private static UnaryOperator<ConfigBuilder> calibrated(String file) {
    return c -> c.calibration(shared.resolve(file + ".safetensors")).enableSpatial(false);
  }

  private double[] sqnr(
      SyntheticLayer layer, String model, int bits, UnaryOperator<ConfigBuilder> settings) {
    Path out = quantize(model, bits, settings);
    try (BufferAllocator allocator = new RootAllocator();
        QuantizedModel quantized = QuantizedModel.open(out);
        Float4Vector decoded = quantized.dequantize(SyntheticLayer.NAME + ".weight", allocator)) {
      float[] weights = new float[decoded.getValueCount()];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = decoded.get(i);
      }
      return layer.outputSqnr(weights);
    }
  }

  private byte[] weightsFile(String model, int bits, UnaryOperator<ConfigBuilder> settings) {
    try {
      return codes(quantize(model, bits, settings));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The weights file up to its footer, which tells the settings. */
  private static byte[] codes(Path model) throws java.io.IOException {
    byte[] file = Files.readAllBytes(model.resolve("weights/part-00000.parquet"));
    int n = file.length;
    int footer =
        java.nio.ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(n - 8);
    assertEquals("PAR1", new String(file, n - 4, 4, java.nio.charset.StandardCharsets.US_ASCII));
    return Arrays.copyOf(file, n - 8 - footer);
  }

  private Path quantize(String model, int bits, UnaryOperator<ConfigBuilder> settings) {
    Path out = folder.resolve("out" + System.nanoTime());
    DiffusionQuantConfig config =
        settings.apply(DiffusionQuantConfig.builder().bitWidth(bits).minAccuracy(0)).build();
    new ArrowQuantV2().quantizeFromSafeTensors(shared.resolve(model + ".safetensors"), out, config);
    return out;
  }

  private static double mean(double[] decibels) {
    return Arrays.stream(decibels).average().orElseThrow();
  }

  private static double worst(double[] decibels) {
    return Arrays.stream(decibels).min().orElseThrow();
  }
}
