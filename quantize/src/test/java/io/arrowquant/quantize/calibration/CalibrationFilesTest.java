package io.arrowquant.quantize.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VariableWidthFieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.LargeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationFilesTest {

  private static final int IN = 4;

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void model() {
    model = folder.resolve("model.safetensors");
    write(
        model,
        Map.of(
            "a.weight",
            new float[8 * IN],
            "b",
            new float[8 * IN],
            "c.weight",
            new float[2 * 3 * 9]),
        Map.of(
            "a.weight",
            List.of(8L, 4L),
            "b",
            List.of(8L, 4L),
            "c.weight",
            List.of(2L, 3L, 3L, 3L)));
  }

  @Test
  void statisticsComeFromSafeTensors() {
    Path file = folder.resolve("calibration.safetensors");
    statistics(file, Map.of("t", new float[] {9, 2}, "n", new float[] {1, 3}));
    try (Calibration calibration = open(DiffusionQuantConfig.defaults())) {
      assertTrue(calibration.source().orElseThrow().beside());
      assertEquals(List.of(), calibration.unknownLayers());
      LayerStatistics found = calibration.statistics("a.weight").orElseThrow();
      assertEquals(2, found.steps());
      assertEquals(2, found.timestep(0), "sorted by timestep");
      assertEquals(3, found.count(0));
      assertEquals(5, found.meanSquare(0, 0));
      assertEquals(1, found.meanSquare(1, 0));
      assertFalse(found.hasMeans());
      assertFalse(found.hasRanges());
    }
  }

  @Test
  void oneCanDoWithout() {
    statistics(folder.resolve("calibration.safetensors"), Map.of());
    assertSame(Calibration.NONE, open(DiffusionQuantConfig.builder().calibration("none").build()));
  }

  @Test
  void severalFilesBesideTheModelAreAnError() throws IOException {
    statistics(folder.resolve("calibration.safetensors"), Map.of());
    Files.writeString(folder.resolve("calibration.jsonl"), "");
    assertRefused("expected one", DiffusionQuantConfig.defaults());
  }

  @Test
  void samplesComeFromJsonLines() throws IOException {
    Path file = folder.resolve("samples.jsonl");
    Files.writeString(
        file,
        """
        {"layer": "a", "timestep": 5, "data": [1, 2, 3, 4, -1, -2, -3, -4]}
        {"layer": "a.weight", "timestep": 5, "data": [[3, 0, 0, 0]]}
        {"layer": "c", "timestep": 0, "data": [1, 1, 1]}
        {"layer": "a", "timestep": 5, "data": [9, 9, 9, 9]}
        {"layer": "elsewhere", "timestep": 5, "data": [9]}
        """);
    DiffusionQuantConfig two =
        DiffusionQuantConfig.builder().calibration(file).calibrationSamples(2).build();
    try (Calibration calibration = open(two)) {
      LayerStatistics found = calibration.statistics("a.weight").orElseThrow();
      assertEquals(3, found.count(0), "vectors of the first two samples");
      assertEquals(11 / 3f, found.meanSquare(0, 0));
      assertEquals(1, found.mean(0, 0));
      assertEquals(-4, found.min(0, 3));
      assertEquals(4, found.max(0, 3));
      assertEquals(List.of("elsewhere"), calibration.unknownLayers());
      assertTrue(calibration.notes().get(0).startsWith("1 calibration samples were left out"));
      assertEquals(3, calibration.statistics("c.weight").orElseThrow().channels());
    }
  }

  @Test
  void whatIsNoSampleIsNamedByItsLine() throws IOException {
    for (String wrong :
        List.of(
            "{\"layer\": \"a\", \"timestep\": 5, \"data\": [1, 2, 3]}",
            "{\"layer\": \"a\", \"timestep\": 5, \"data\": [1, 2, 3, \"x\"]}",
            "{\"layer\": \"a\", \"timestep\": 5.5, \"data\": [1, 2, 3, 4]}",
            "{\"layer\": \"a\", \"timestep\": 5, \"data\": [1, 2, 3, 1e39]}",
            "{\"layer\": \"a\", \"timestep\": 5}",
            "{\"layer\": \"a\", \"timestep\": 99999999999, \"data\": [1, 2, 3, 4]}",
            "[1]",
            "{\"layer\": \"a\", ")) {
      Path file = Files.writeString(folder.resolve("wrong.jsonl"), wrong);
      assertRefused("wrong.jsonl", DiffusionQuantConfig.builder().calibration(file).build());
    }
  }

  @Test
  void statisticsAndSamplesComeFromAnyParquet() throws SQLException {
    Path statistics = folder.resolve("statistics.parquet");
    Path samples = folder.resolve("samples.parquet");
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        java.sql.Statement sql = duckdb.createStatement()) {
      sql.execute(
          "copy (select 'b' as layer, t, 2.5::double as n, [1.0, 2, 3, t]::double[] as mean_sq,"
              + " [1.5, 2, 3, 4]::float[] as amax from range(3) r(t)) to '"
              + statistics
              + "' (format parquet)");
      sql.execute(
          "copy (select 'b' as layer, 7::smallint as timestep, [1, 2, 3, 4]::float[4] as data"
              + " from range(200)) to '"
              + samples
              + "' (format parquet)");
    }
    try (Calibration calibration = open(statistics)) {
      LayerStatistics found = calibration.statistics("b").orElseThrow();
      assertEquals(3, found.steps());
      assertEquals(2, found.meanSquare(2, 3));
      assertEquals(-1.5f, found.min(0, 0));
      assertEquals(2.5, found.count(1));
    }
    try (Calibration calibration = open(samples)) {
      LayerStatistics found = calibration.statistics("b").orElseThrow();
      assertEquals(128, found.count(0), "the built-in calibration_samples");
      assertEquals(16, found.meanSquare(0, 3));
    }
  }

  /** Lists and texts with offsets of 32 bits, and of 64 as Polars writes them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void samplesComeFromArrowIpc(boolean large) throws IOException {
    Path file = folder.resolve("samples.arrow");
    Field item = Field.nullable("item", new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE));
    ArrowType text = large ? ArrowType.LargeUtf8.INSTANCE : ArrowType.Utf8.INSTANCE;
    ArrowType list = large ? ArrowType.LargeList.INSTANCE : ArrowType.List.INSTANCE;
    Schema schema =
        new Schema(
            List.of(
                Field.nullable("layer", text),
                Field.nullable("timestep", new ArrowType.Int(32, true)),
                new Field("data", FieldType.nullable(list), List.of(item))));
    try (BufferAllocator allocator = new RootAllocator();
        VectorSchemaRoot root = VectorSchemaRoot.create(schema, allocator);
        FileOutputStream out = new FileOutputStream(file.toFile());
        ArrowFileWriter writer = new ArrowFileWriter(root, null, Channels.newChannel(out))) {
      root.allocateNew();
      ((VariableWidthFieldVector) root.getVector("layer"))
          .setSafe(0, "b".getBytes(java.nio.charset.StandardCharsets.UTF_8));
      ((IntVector) root.getVector("timestep")).setSafe(0, 3);
      FieldVector data = root.getVector("data");
      Float4Vector values = (Float4Vector) data.getChildrenFromFields().get(0);
      for (int i = 0; i < IN; i++) {
        values.setSafe(i, i);
      }
      if (data instanceof LargeListVector lists) {
        lists.startNewValue(0);
        lists.endValue(0, IN);
      } else {
        ((ListVector) data).startNewValue(0);
        ((ListVector) data).endValue(0, IN);
      }
      root.setRowCount(1);
      writer.start();
      writer.writeBatch();
      writer.end();
    }
    try (Calibration calibration = open(file)) {
      assertEquals(9, calibration.statistics("b").orElseThrow().meanSquare(0, 3));
    }
  }

  @Test
  void numbersThatNoActivationsHaveAreRefused() {
    for (Map<String, float[]> wrong :
        List.of(
            Map.of("mean_sq", new float[] {1, 1, 1, Float.NaN, 1, 1, 1, 1}),
            Map.of("mean_sq", new float[] {1, 1, 1, -1, 1, 1, 1, 1}),
            Map.of("amax", new float[] {1, 1, 1, Float.POSITIVE_INFINITY, 1, 1, 1, 1}),
            Map.of("n", new float[] {1, -1}),
            Map.of("t", new float[] {1, 1}),
            Map.of("t", new float[] {1, 1.5f}))) {
      Path file = folder.resolve("wrong" + System.nanoTime() + ".safetensors");
      statistics(file, wrong);
      try (Calibration calibration = open(file)) {
        InvalidCalibrationException refused =
            assertThrows(
                InvalidCalibrationException.class, () -> calibration.statistics("a.weight"));
        assertTrue(refused.getMessage().contains("\"a\""), refused.getMessage());
      }
    }
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    Path file = folder.resolve("shapes.safetensors");
    write(file, Map.of("a.mean_sq", new float[10]), Map.of("a.mean_sq", List.of(2L, 5L)));
    assertRefused("[2, 5]", DiffusionQuantConfig.builder().calibration(file).build());
    Path odd = folder.resolve("odd.safetensors");
    write(odd, Map.of("a.variance", new float[4]), Map.of("a.variance", List.of(1L, 4L)));
    assertRefused("a.variance", DiffusionQuantConfig.builder().calibration(odd).build());
  }

  @Test
  void layersThatAreIncompleteOrNamedTwiceAreRefused() {
    List<Long> two = List.of(2L, 4L);
    assertRefused(
        "has no mean_sq", safeTensors(Map.of("a.amax", new float[8]), Map.of("a.amax", two)));
    assertRefused(
        "amax of F32[2]",
        safeTensors(
            Map.of("a.mean_sq", new float[8], "a.amax", new float[2]),
            Map.of("a.mean_sq", two, "a.amax", List.of(2L))));
    assertRefused(
        "which another layer of the file means too",
        safeTensors(
            Map.of("a.mean_sq", new float[8], "a.weight.mean_sq", new float[8]),
            Map.of("a.mean_sq", two, "a.weight.mean_sq", two)));
  }

  @Test
  void listsInListsAndWholeNumbersAreSamples() throws SQLException {
    try (Calibration calibration =
        open(
            parquet("select 'b' as layer, 7::bigint as t, [[1, 2, 3, 4], [3, 2, 1, 0]] as data"))) {
      LayerStatistics found = calibration.statistics("b").orElseThrow();
      assertEquals(2, found.count(0));
      assertEquals(5, found.meanSquare(0, 0));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "select 'b' as layer, 1 as t, ['x'] as data | expected numbers",
        "select 'b' as layer, 1 as t, [1, null, 3, 4] as data | expected no nulls",
        "select 'b' as layer, 1 as t, null::float[] as data | expected no nulls",
        "select 'b' as layer, 1.5 as t, [1, 2, 3, 4] as data | expected integers of 32 bits",
        "select 'b' as layer, 5000000000 as t, [1, 2, 3, 4] as data | expected integers of 32 bits",
        "select 1 as layer, 1 as t, [1, 2, 3, 4] as data | expected text",
        "select 'b' as layer, 1 as t, [1, 2, 3] as data | 3",
        "select 'b' as layer, 1 as t, [1, 2, 3, 4] as x | expected layer, t and mean_sq",
        "select 'b' as layer, 1 as t, [1, 2, 3, 4] as mean_sq from range(2) | comes twice",
        "select 'b' as layer, t, [1, 2, 3, 4] as mean_sq from range(1001) r(t) | more than the 1000 timesteps",
      })
  void tablesOfAnythingElseAreRefused(String query, String named) throws SQLException {
    Path file = parquet(query);
    InvalidCalibrationException refused =
        assertThrows(
            InvalidCalibrationException.class,
            () -> {
              try (Calibration calibration = open(file)) {
                calibration.statistics("b");
              }
            });
    assertTrue(refused.getMessage().contains(named), refused.getMessage());
    assertTrue(refused.getMessage().contains("table.parquet"), refused.getMessage());
  }

  @Test
  void damagedTablesAreRefused() throws IOException {
    for (String name : List.of("x.parquet", "x.arrow")) {
      Path file = Files.write(folder.resolve(name), new byte[100]);
      assertRefused(name, DiffusionQuantConfig.builder().calibration(file).build());
    }
  }

  @Test
  void claimedSizesAreNotAllocated() throws SQLException {
    Path file = folder.resolve("bomb.parquet");
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        java.sql.Statement sql = duckdb.createStatement()) {
      sql.execute(
          "copy (select 'b' as layer, 1 as timestep, list(1.5::float) as data"
              + " from range(60000000)) to '"
              + file
              + "' (format parquet)");
    }
    assertRefused(
        "bomb.parquet",
        DiffusionQuantConfig.builder().calibration(file).maxMemoryLimitMb(64).build());
  }

  @Test
  void aTemplateHasTheRightNamesAndCountsNothing() {
    Path file = folder.resolve("calibration.safetensors");
    int layers = new CalibrationTemplate(3, 1000).write(file, Checkpoint.open(model).tensors());
    assertEquals(3, layers);
    try (Calibration calibration = open(DiffusionQuantConfig.defaults())) {
      assertEquals(3, calibration.tensors().size());
      assertTrue(calibration.statistics("a.weight").isEmpty());
    }
  }

  private DiffusionQuantConfig safeTensors(
      Map<String, float[]> tensors, Map<String, List<Long>> shapes) {
    Path file = folder.resolve("layers" + System.nanoTime() + ".safetensors");
    write(file, tensors, shapes);
    return DiffusionQuantConfig.builder().calibration(file).build();
  }

  private Path parquet(String query) throws SQLException {
    Path file = folder.resolve("table.parquet");
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        java.sql.Statement sql = duckdb.createStatement()) {
      sql.execute("copy (" + query + ") to '" + file + "' (format parquet)");
    }
    return file;
  }

  private void assertRefused(String named, DiffusionQuantConfig config) {
    InvalidCalibrationException refused =
        assertThrows(InvalidCalibrationException.class, () -> open(config).close());
    assertTrue(refused.getMessage().contains(named), refused.getMessage());
  }

  private Calibration open(Path file) {
    return open(DiffusionQuantConfig.builder().calibration(file).build());
  }

  private Calibration open(DiffusionQuantConfig config) {
    return CalibrationFiles.open(Checkpoint.open(model), config);
  }

  /** Two steps of layer a, parts replaced or added. */
  private static void statistics(Path file, Map<String, float[]> parts) {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    tensors.put("a.mean_sq", new float[] {1, 1, 1, 1, 5, 6, 7, 8});
    parts.forEach((part, values) -> tensors.put("a." + part, values));
    tensors.forEach(
        (name, values) -> shapes.put(name, values.length == 2 ? List.of(2L) : List.of(2L, 4L)));
    write(file, tensors, shapes);
  }

  private static void write(
      Path file, Map<String, float[]> tensors, Map<String, List<Long>> shapes) {
    List<Entry> entries = new ArrayList<>();
    tensors.keySet().forEach(name -> entries.add(new Entry(name, DType.F32, shapes.get(name))));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        float[] values = tensors.get(writer.current().get().name());
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        writer.write(bytes);
      }
    }
  }
}
