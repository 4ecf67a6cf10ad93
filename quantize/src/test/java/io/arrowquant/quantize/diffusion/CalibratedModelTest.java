package io.arrowquant.quantize.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Target;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.Mode;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.quantize.ValidationReport;
import io.arrowquant.quantize.export.ExportOptions;
import io.arrowquant.quantize.export.ModelExporter;
import io.arrowquant.quantize.format.PlainModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What calibration does to a model's files, and what is said of it. */
class CalibratedModelTest {

  private static final SyntheticLayer LAYER = new SyntheticLayer(1, 20, true);

  @TempDir static Path shared;
  private static Path model;
  private static Path calibration;
  @TempDir Path folder;

  @BeforeAll
  static void models() {
    model = shared.resolve("model.safetensors");
    calibration = shared.resolve("statistics.safetensors");
    LAYER.writeModel(model);
    LAYER.writeCalibration(calibration, 0, SyntheticLayer.STEPS);
  }

  @ParameterizedTest
  @EnumSource(Target.Format.class)
  void noExportHasAPlaceForEqualizedChannels(Target.Format format) {
    Path quantized = run("equalized", CalibratedModelTest::image).quantizedPath();
    Path output = folder.resolve("export");
    String reason =
        assertThrows(
                InvalidConfigException.class,
                () ->
                    new ModelExporter(ExportOptions.of(format))
                        .export(quantized, output, Progress.NONE))
            .getMessage();
    assertTrue(reason.contains("equalisation") && reason.contains("--requantize"), reason);
    assertFalse(Files.exists(output));
  }

  @Test
  void equalizedLayersMultiplyAsTheyDecode() {
    Path quantized = run("equalized", CalibratedModelTest::image).quantizedPath();
    try (BufferAllocator allocator = new RootAllocator();
        QuantizedModel opened = QuantizedModel.open(quantized)) {
      LayerRecord layer = opened.layers().get(0);
      assertNotNull(layer.spatial());
      int rows = (int) layer.rows();
      int columns = (int) layer.columns();
      float[] x = new float[columns];
      for (int c = 0; c < columns; c++) {
        x[c] = (float) Math.sin(c);
      }
      float[] y = new float[rows];
      opened.layer(layer.name()).multiply(x, y);
      try (Float4Vector weights = opened.dequantize(layer.name(), allocator)) {
        for (int r = 0; r < rows; r++) {
          double exact = 0;
          double size = 0;
          for (int c = 0; c < columns; c++) {
            exact += (double) weights.get(r * columns + c) * x[c];
            size += Math.abs(weights.get(r * columns + c) * x[c]);
          }
          assertEquals(exact, y[r], 1e-4 * size, "row " + r);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Method.class)
  void whatIsStoredIsMeasuredOnWhatReadersDecode(Method method) {
    QuantizationResult result = run("out", c -> image(c).method(method));
    LayerRecord layer = result.layers().get(0);
    assertNotNull(layer.spatial(), "channels are equalized");
    assertTrue(layer.spatial().channelEqualization());
    assertEquals(10, layer.timeAware().numTimeGroups());
    assertEquals(SyntheticLayer.COLUMNS, layer.activations().std().size());
    ValidationReport report =
        new ArrowQuantV2()
            .validate(
                model,
                result.quantizedPath(),
                DiffusionQuantConfig.builder().minAccuracy(0).build());
    assertTrue(report.passed(), report.layers().toString());
    try (QuantizedModel stored = QuantizedModel.open(result.quantizedPath())) {
      assertEquals(layer, stored.layers().get(0));
      assertEquals("statistics.safetensors", stored.manifest().calibration().file());
    }
  }

  @Test
  void aPlainReaderDividesToTheSameWeights() throws SQLException {
    Path out = run("out", CalibratedModelTest::image).quantizedPath();
    String query =
"""
SELECT ((codes[i + 1] - zero_points[i // w.group_size + 1]) * scales[i // w.group_size + 1]
        / spatial_quant.equalization_scales[i + 1])::FLOAT
FROM '%1$s/weights/*.parquet' w JOIN '%1$s/layers.parquet' l USING (layer_id), range(%2$d) r(i)
ORDER BY "row", i
"""
            .formatted(out, SyntheticLayer.COLUMNS);
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet rows = duckdb.createStatement().executeQuery(query);
        BufferAllocator allocator = new RootAllocator();
        QuantizedModel stored = QuantizedModel.open(out);
        Float4Vector decoded = stored.dequantize(SyntheticLayer.NAME + ".weight", allocator)) {
      for (int i = 0; i < decoded.getValueCount(); i++) {
        assertTrue(rows.next());
        assertEquals(rows.getFloat(1), decoded.get(i));
      }
      assertFalse(rows.next());
    }
  }

  @Test
  void theReaderOfTheDocumentDividesToTheSameWeights() throws IOException {
    Path out = run("out", CalibratedModelTest::image).quantizedPath();
    float[] plain = new PlainModel(out).tensors().get(SyntheticLayer.NAME + ".weight").weights();
    try (BufferAllocator allocator = new RootAllocator();
        QuantizedModel stored = QuantizedModel.open(out);
        Float4Vector decoded = stored.dequantize(SyntheticLayer.NAME + ".weight", allocator)) {
      assertEquals(plain.length, decoded.getValueCount());
      for (int i = 0; i < plain.length; i++) {
        assertEquals(plain[i], decoded.get(i));
      }
    }
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBytes() throws IOException {
    byte[] one = weights(run("one", c -> image(c).threads(1)));
    byte[] three = weights(run("three", c -> image(c).threads(3)));
    assertArrayEquals(one, three);
  }

  @Test
  void whereNoExponentIsBetterTheBytesAreThoseOfNoSpatialAtAll() throws IOException {
    Path even = shared.resolve("even.safetensors");
    if (!Files.exists(even)) {
      float[] ones = new float[SyntheticLayer.COLUMNS];
      Arrays.fill(ones, 1);
      SyntheticLayer.write(
          even,
          Map.of(SyntheticLayer.NAME + ".mean_sq", ones),
          List.of(1L, (long) SyntheticLayer.COLUMNS));
    }
    QuantizationResult on = run("on", c -> c.calibration(even).enableSpatial(true));
    QuantizationResult off = run("off", c -> c.calibration(even).enableSpatial(false));
    assertTrue(on.strategy().spatial());
    assertNull(on.layers().get(0).spatial());
    assertArrayEquals(rows(weights(off)), rows(weights(on)));
    assertTrue(on.notes().toString().contains("no amax"), on.notes().toString());
    assertEquals(0, on.layers().get(0).timeAware().numTimeGroups());
  }

  @Test
  void theModalityChoosesAndSettingsWin() {
    assertEquals("time-aware", strategy(c -> c.modality(Modality.TEXT)).title());
    assertEquals("time-aware and spatial", strategy(c -> c.modality(Modality.AUDIO)).title());
    assertEquals(
        "spatial", strategy(c -> c.modality(Modality.IMAGE).enableTimeAware(false)).title());
    assertEquals(
        "none",
        strategy(c -> c.modality(Modality.TEXT).profile("edge").enableTimeAware(false)).title());
  }

  @Test
  void withoutCalibrationNothingIsDoneAndThatIsSaid() {
    QuantizationResult result = run("out", c -> c.modality(Modality.IMAGE));
    assertEquals("none", result.strategy().title());
    assertTrue(
        result.notes().toString().contains("there is no calibration data"),
        result.notes().toString());
    assertNull(result.layers().get(0).timeAware());
    assertNull(result.layers().get(0).spatial());
    assertNull(result.layers().get(0).activations());
  }

  @Test
  void settingsWithoutEffectAreNamed() {
    String notes =
        run(
                "out",
                c ->
                    c.calibration(calibration)
                        .enableTimeAware(false)
                        .numTimeGroups(4)
                        .calibrationSamples(10))
            .notes()
            .toString();
    assertTrue(notes.contains("num_time_groups had no effect"), notes);
    assertTrue(notes.contains("calibration_samples had no effect"), notes);
  }

  @Test
  void theBaseModeHasNoStrategy() {
    QuantizationResult result =
        new ArrowQuantV2(Mode.BASE)
            .quantizeFromSafeTensors(
                model, folder.resolve("out"), image(DiffusionQuantConfig.builder()).build());
    assertEquals("none", result.strategy().title());
    assertNull(result.layers().get(0).timeAware());
  }

  @Test
  void calibrationOfAnotherModelIsRefused() {
    Path other = folder.resolve("other.safetensors");
    SyntheticLayer.write(other, Map.of("encoder.mean_sq", new float[4]), List.of(1L, 4L));
    InvalidCalibrationException refused =
        assertThrows(
            InvalidCalibrationException.class, () -> run("out", c -> c.calibration(other)));
    assertTrue(refused.getMessage().contains("\"encoder\""), refused.getMessage());
  }

  @Test
  void moreTimeGroupsFitActivationsBetter() {
    StringBuilder figures = new StringBuilder("INT8 activations:");
    double[] mean = new double[4];
    int[] groups = {1, 2, 4, 10};
    for (int i = 0; i < groups.length; i++) {
      int most = groups[i];
      List<LayerRecord.TimeGroup> found =
          run("groups" + most, c -> c.calibration(calibration).numTimeGroups(most))
              .layers()
              .get(0)
              .timeAware()
              .groups();
      assertEquals(most, found.size());
      mean[i] = activationSqnr(found);
      figures.append(" %d groups %.2f dB".formatted(most, mean[i]));
    }
    System.out.println(figures);
    assertTrue(mean[1] >= mean[0] + 1.5, figures.toString());
    assertTrue(mean[2] >= mean[0] + 3, figures.toString());
    assertTrue(mean[3] >= mean[2], figures.toString());
  }

  /** Mean over timesteps. */
  private static double activationSqnr(List<LayerRecord.TimeGroup> groups) {
    double sum = 0;
    for (int t = 0; t < SyntheticLayer.STEPS; t++) {
      int step = t;
      LayerRecord.TimeGroup group =
          groups.stream()
              .filter(g -> g.timeStart() <= step && step <= g.timeEnd())
              .findFirst()
              .orElseThrow();
      double signal = 0;
      double noise = 0;
      for (float x : LAYER.inputs[t]) {
        double code =
            Math.max(-128, Math.min(127, Math.rint(x / group.actScale() + group.actZeroPoint())));
        double error = x - (code - group.actZeroPoint()) * group.actScale();
        signal += (double) x * x;
        noise += error * error;
      }
      sum += 10 * Math.log10(signal / noise);
    }
    return sum / SyntheticLayer.STEPS;
  }

  private Strategy strategy(UnaryOperator<ConfigBuilder> settings) {
    return run("strategy" + System.nanoTime(), c -> settings.apply(c).calibration(calibration))
        .strategy();
  }

  private static ConfigBuilder image(ConfigBuilder builder) {
    return builder.modality(Modality.IMAGE).calibration(calibration);
  }

  private QuantizationResult run(String out, UnaryOperator<ConfigBuilder> settings) {
    DiffusionQuantConfig config =
        settings.apply(DiffusionQuantConfig.builder().bitWidth(3).minAccuracy(0)).build();
    return new ArrowQuantV2().quantizeFromSafeTensors(model, folder.resolve(out), config);
  }

  private static byte[] weights(QuantizationResult result) throws IOException {
    return Files.readAllBytes(result.quantizedPath().resolve("weights/part-00000.parquet"));
  }

  /** All but the footer, which tells the settings. */
  private static byte[] rows(byte[] file) {
    int footer =
        java.nio.ByteBuffer.wrap(file)
            .order(java.nio.ByteOrder.LITTLE_ENDIAN)
            .getInt(file.length - 8);
    return Arrays.copyOf(file, file.length - 8 - footer);
  }
}
