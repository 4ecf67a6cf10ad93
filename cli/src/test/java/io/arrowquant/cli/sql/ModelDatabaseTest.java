package io.arrowquant.cli.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.InvalidQueryException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelDatabaseTest {

  /** As hostile as a tensor's name may be. */
  private static final String ODD = "odd\"; drop table layers; --' [*]?";

  private static final List<Entry> ENTRIES =
      List.of(
          new Entry("f8.weight", DType.F8_E4M3, List.of(64L, 96L)),
          new Entry("f8.weight_scale_inv", DType.F32, List.of(2L, 3L)),
          new Entry("half.weight", DType.F16, List.of(32L, 64L)),
          new Entry("ids", DType.I64, List.of(5L)),
          new Entry(ODD, DType.F32, List.of(40L, 128L)),
          new Entry("proj.weight", DType.F32, List.of(64L, 100L)),
          new Entry("wide.weight", DType.F32, List.of(2L, 70_000L)));

  @TempDir Path folder;
  private Path source;
  private Path quantized;

  @BeforeEach
  void write() throws IOException {
    Path odd = Files.createDirectory(folder.resolve("it's [odd]*"));
    source = odd.resolve("model.safetensors");
    quantized = odd.resolve("out");
    Random random = new Random(3);
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(source, Map.of(), ENTRIES)) {
      while (writer.current().isPresent()) {
        var tensor = writer.current().get();
        ByteBuffer bytes =
            ByteBuffer.allocate((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
          switch (tensor.dtype()) {
            case F8_E4M3 -> bytes.put((byte) random.nextInt(0x60));
            case F16 -> bytes.putShort((short) (0x3000 + random.nextInt(0x400)));
            case I64 -> bytes.putLong((1L << 53) + 1 + bytes.position());
            default -> bytes.putFloat((float) random.nextGaussian());
          }
        }
        writer.write(bytes.flip());
      }
    }
    new ArrowQuantV2()
        .quantizeFromSafeTensors(
            source,
            quantized,
            DiffusionQuantConfig.builder().bitWidth(4).groupSize(32).keep("f8.weight").build());
  }

  @Test
  void everyTensorIsWhatTheLibraryDecodes() {
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = QuantizedModel.open(quantized);
        ModelDatabase database = ModelDatabase.open(quantized, DatabaseOptions.DEFAULT)) {
      for (Entry entry : ENTRIES) {
        if (entry.dtype() == DType.I64) {
          continue; // "values" cannot hold it
        }
        float[] expected;
        try (Float4Vector vector = model.dequantize(entry.name(), allocator)) {
          expected = floats(vector);
        }
        String where = " where layer_name = " + Sql.literal(entry.name());
        assertEquals(
            Arrays.toString(expected),
            weights(
                database, "select weights from dequantized" + where + " order by row, col_start"),
            entry.name());
        assertEquals(
            Arrays.toString(expected),
            weights(database, "select weights from " + Sql.name(entry.name())),
            entry.name());
      }
      assertEquals("[7]", rows(database, "select count(*) from layers"));
    }
  }

  @Test
  void equalizedLayersAreDividedByTheirColumnsScales() {
    try (ModelDatabase database = ModelDatabase.open(quantized, DatabaseOptions.DEFAULT)) {
      String query =
          "select weights from dequantized where layer_name = 'wide.weight' order by row,"
              + " col_start";
      String plain = weights(database, query);
      rows(
          database,
          "create or replace table layers as select * replace (case when layer_name = 'wide.weight'"
              + " then {enabled: true, channel_equalization: true, activation_smoothing: false,"
              + " equalization_scales: list_transform(range(1, 70001), lambda x:"
              + " pow(2, x % 7)::float)} end as spatial_quant) from layers");
      String divided = weights(database, query);
      String[] before = plain.substring(1, plain.length() - 1).split(", ");
      String[] after = divided.substring(1, divided.length() - 1).split(", ");
      assertEquals(140_000, after.length);
      for (int i = 0; i < after.length; i++) {
        float scale = (float) Math.pow(2, (i % 70_000 + 1) % 7);
        assertEquals(Float.parseFloat(before[i]) / scale, Float.parseFloat(after[i]), "at " + i);
      }
    }
  }

  @Test
  void aCheckpointAnswersTheSameQueries() {
    try (ModelDatabase database = ModelDatabase.open(source, DatabaseOptions.DEFAULT)) {
      assertEquals(
          "[F32, 2, [2, 70000]]",
          rows(
              database,
              "select dtype, num_rows, shape from tensors where layer_name = 'wide.weight'"));
      assertEquals(
          "[2, 0, 65536][2, 65536, 4464]",
          rows(
              database,
              "select count(*), col_start, any_value(len(weights)) from dequantized"
                  + " where layer_name = 'wide.weight' group by col_start order by col_start"));
      // A second statement has a stream of its own.
      assertEquals("[40]", rows(database, "select count(*) from " + Sql.name(ODD)));
      assertEquals("[40]", rows(database, "select count(*) from " + Sql.name(ODD)));
      // Integers beyond float32 are exact in the tensor's own table.
      assertEquals(
          "[[9007199254740993, 9007199254741001]]",
          rows(database, "select weights[1:2] from \"ids\""));
      assertEquals(
          "[200]",
          rows(
              database,
              "with w as materialized (from weights) select count(*) from w a join w b using"
                  + " (layer_name, row, col_start) where a.layer_name in ('proj.weight',"
                  + " 'half.weight', 'f8.weight') or a.layer_name = "
                  + Sql.literal(ODD)));
      InvalidQueryException twice =
          assertThrows(
              InvalidQueryException.class,
              () -> rows(database, "select count(*) from weights a join weights b using (row)"));
      assertTrue(twice.getMessage().contains("MATERIALIZED"), twice.getMessage());
      InvalidQueryException other =
          assertThrows(
              InvalidQueryException.class,
              () -> rows(database, "select error('no such ' || layer_name) from \"half.weight\""));
      assertTrue(other.getMessage().contains("no such half.weight"), other.getMessage());
      assertEquals("[1]", rows(database, "select 1"));
    }
  }

  @Test
  void aDamagedPageIsSaidInASentence() throws IOException {
    Path part = quantized.resolve("weights/part-00000.parquet");
    byte[] bytes = Files.readAllBytes(part);
    bytes[bytes.length / 3] ^= 0x10;
    Files.write(part, bytes);
    try (ModelDatabase database = ModelDatabase.open(quantized, DatabaseOptions.DEFAULT)) {
      List<String> messages = new ArrayList<>();
      for (Entry entry : ENTRIES) {
        try {
          rows(database, "select sum(len(weights)) from " + Sql.name(entry.name()));
        } catch (InvalidModelException e) {
          messages.add(e.getMessage());
        } catch (InvalidQueryException e) {
          assertEquals(DType.I64, entry.dtype(), e.getMessage());
        }
      }
      assertFalse(messages.isEmpty());
      for (String message : messages) {
        assertTrue(message.startsWith("\"" + part.toRealPath()), message);
        assertTrue(message.endsWith("a page does not match its checksum."), message);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "from read_csv('https://example.com/a.csv')",
        "from read_text('/etc/hostname')",
        "from glob('/*')",
        "attach 'new.db'",
        "copy (select 1) to 'new.csv'",
        "copy layers to 'MODEL/weights/part-00000.parquet'",
        "prepare p as copy layers to 'MODEL/weights/part-00000.parquet'",
        "export database 'new'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "from read_parquet('MODEL/layers.parquet')"
      })
  void theDoorsAreClosed(String statement) throws IOException {
    Path part = quantized.resolve("weights/part-00000.parquet");
    byte[] before = Files.readAllBytes(part);
    try (ModelDatabase database = ModelDatabase.open(quantized, DatabaseOptions.DEFAULT)) {
      String sql = statement.replace("MODEL", quantized.toString().replace("'", "''"));
      assertThrows(InvalidQueryException.class, () -> rows(database, sql));
      assertEquals("[7]", rows(database, "select count(*) from layers"));
    }
    assertTrue(Arrays.equals(before, Files.readAllBytes(part)));
    assertFalse(Files.exists(Path.of("new.csv")));
  }

  @Test
  void aFolderThatIsGivenIsOpen() throws IOException {
    Path open = Files.createDirectory(folder.resolve("open"));
    DatabaseOptions options = new DatabaseOptions(100_000_000, 1, List.of(open));
    try (ModelDatabase database = ModelDatabase.open(quantized, options)) {
      String file = Sql.literal(open.resolve("l.csv").toString());
      rows(database, "copy (select layer_name from layers) to " + file);
      assertEquals("[7]", rows(database, "select count(*) from " + file));
      assertThrows(
          InvalidQueryException.class,
          () ->
              rows(database, "copy layers to " + Sql.literal(folder.resolve("x.csv").toString())));
    }
  }

  @Test
  void theModelIsNotWrittenThoughItsFolderIsOpen() throws IOException {
    Path part = quantized.resolve("weights/part-00000.parquet");
    Path link = Files.createSymbolicLink(folder.resolve("link"), quantized);
    DatabaseOptions options = new DatabaseOptions(100_000_000, 1, List.of(folder));
    for (Path model : List.of(quantized, source)) {
      Path own = model.equals(source) ? source : part;
      byte[] before = Files.readAllBytes(own);
      try (ModelDatabase database = ModelDatabase.open(model, options)) {
        List<String> names =
            model.equals(source)
                ? List.of(source.toString(), "file://" + source, folder.toString())
                : List.of(
                    part.toString(),
                    "file:" + part,
                    quantized.resolve("new.csv").toString(),
                    link.resolve("weights/../layers.parquet").toString(),
                    folder.toString());
        for (String name : names) {
          for (String statement :
              List.of(
                  "copy (select 1) to %s",
                  "COPY (select 1 as a, 2 as b) TO %s (format csv, partition_by (a), overwrite)",
                  "export database %s")) {
            String sql = statement.formatted(Sql.literal(name));
            assertThrows(InvalidQueryException.class, () -> rows(database, sql), sql);
          }
          assertThrows(
              InvalidQueryException.class,
              () -> rows(database, "copy (select 1) to $x$" + name + "$x$"));
        }
        String elsewhere = Sql.literal(folder.resolve("beside.csv").toString());
        rows(database, "copy (select 1 as a) to " + elsewhere + " (delimiter '/', nullstr '')");
        Files.delete(folder.resolve("beside.csv"));
      }
      assertTrue(Arrays.equals(before, Files.readAllBytes(own)));
    }
  }

  @Test
  void errorsKeepTheirReasonAndMemoryItsLimit() {
    DatabaseOptions options = new DatabaseOptions(60_000_000, 1, List.of());
    try (ModelDatabase database = ModelDatabase.open(source, options)) {
      InvalidQueryException failed =
          assertThrows(InvalidQueryException.class, () -> rows(database, "select 'a'::int"));
      assertEquals(
          "The query failed: Conversion Error: Could not convert string 'a' to INT32.",
          failed.getMessage());
      assertThrows(
          MemoryLimitException.class,
          () -> rows(database, "select list(random() + i) from range(50_000_000) t(i)"));
      assertEquals("[1]", rows(database, "select 1"));
    }
  }

  @Test
  @Timeout(60)
  void anInterruptCancelsTheStatement() {
    try (ModelDatabase database = ModelDatabase.open(source, DatabaseOptions.DEFAULT)) {
      Thread.currentThread().interrupt();
      assertThrows(
          RunInterruptedException.class,
          () ->
              rows(
                  database,
                  "select count(*) from range(1_000_000_000_000) a, range(3) b"
                      + " where a.range % 7 = 3"));
      assertTrue(Thread.interrupted());
      assertEquals("[1]", rows(database, "select 1"));
    } finally {
      Thread.interrupted();
    }
  }

  @Test
  void aQueryIsAnArrowStream() throws IOException {
    try (RootAllocator allocator = new RootAllocator()) {
      try (ModelDatabase database = ModelDatabase.open(source, DatabaseOptions.DEFAULT);
          ArrowReader reader =
              database.query(
                  "select layer_name, weights from weights where layer_name = 'proj.weight'",
                  allocator)) {
        int rows = 0;
        while (reader.loadNextBatch()) {
          rows += reader.getVectorSchemaRoot().getRowCount();
          assertEquals(
              "proj.weight", reader.getVectorSchemaRoot().getVector(0).getObject(0).toString());
        }
        assertEquals(64, rows);
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "candle_voices.safetensors",
        "dalotia_model-mnist.safetensors",
        "derived_taef2_decoder_bf16.safetensors",
        "moshi_test_lm_out.safetensors",
        "sharded_taef2_decoder",
        "silero_vad_16k.safetensors",
        "swift_data.safetensors",
        "taef2_decoder.safetensors"
      })
  void realModelsCanBeCounted(String name) {
    Path model = Path.of(System.getProperty("arrowquant.shared")).resolve(name);
    assumeTrue(Files.exists(model), "real models are not here");
    try (ModelDatabase database = ModelDatabase.open(model, DatabaseOptions.DEFAULT)) {
      assertEquals(
          rows(database, "select sum(num_params) from tensors"),
          rows(database, "select sum(len(weights)) from weights"));
    }
  }

  private static float[] floats(Float4Vector vector) {
    float[] floats = new float[vector.getValueCount()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = vector.get(i);
    }
    return floats;
  }

  private static String weights(ModelDatabase database, String sql) {
    List<Object> weights = new ArrayList<>();
    try (QueryResult result = database.run(SqlText.all(sql).get(0))) {
      while (result.next()) {
        weights.addAll(List.of((Object[]) ((Array) result.object(0)).getArray()));
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
    return weights.toString();
  }

  private static String rows(ModelDatabase database, String sql) {
    StringBuilder rows = new StringBuilder();
    try (QueryResult result = database.run(SqlText.all(sql).get(0))) {
      while (result.isQuery() && result.next()) {
        List<String> row = new ArrayList<>();
        for (int c = 0; c < result.columnCount(); c++) {
          row.add(Cell.text(result.object(c)));
        }
        rows.append(row);
      }
    }
    return rows.toString();
  }
}
