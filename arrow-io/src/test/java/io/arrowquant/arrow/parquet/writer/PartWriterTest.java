package io.arrowquant.arrow.parquet.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.KeptBatch;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.TestBatches;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.arrow.dataset.file.FileFormat;
import org.apache.arrow.dataset.file.FileSystemDatasetFactory;
import org.apache.arrow.dataset.jni.NativeMemoryPool;
import org.apache.arrow.dataset.scanner.ScanOptions;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What we write, read back by DuckDB and by Arrow C++. */
class PartWriterTest {

  @TempDir Path folder;
  @AutoClose private final RootAllocator allocator = new RootAllocator();

  /** Rows of odd lengths, several tensors, short last groups, and a row cut into three pieces. */
  private static PageLayout oddLayout() {
    return PageLayout.of(
        List.of(
            new RowRun(3, "a.weight", 5, 7, 33, 16),
            new RowRun(4, "b.weight", 0, 1001, 129, 24),
            new RowRun(5, "c \"wide\"", 0, 3, 150_001, 1000),
            new RowRun(9, "d", 70, 2, 40, 16)));
  }

  @ParameterizedTest
  @FieldSource("io.arrowquant.core.config.CodeLimits#BIT_WIDTHS")
  void independentReadersSeeEveryCodeScaleAndZeroPoint(int bits) throws Exception {
    PageLayout layout = oddLayout();
    assertTrue(layout.pages().size() > 0);
    Path file = folder.resolve("part.parquet");
    TestBatches.Known withLevels = TestBatches.random(layout, bits, true, bits, allocator);
    TestBatches.Known withFloats = TestBatches.random(layout, bits, false, 77 + bits, allocator);
    write(
        file,
        RowGroupEncoder.encode(withLevels.batch()),
        RowGroupEncoder.encode(withFloats.batch()));
    List<Row> expected = new ArrayList<>(rows(withLevels));
    expected.addAll(rows(withFloats));
    assertRows(expected, duckdb(file));
    assertRows(expected, dataset(file));
  }

  @Test
  void severalPagesOfOneRowGroup() throws Exception {
    PageLayout layout = PageLayout.of(List.of(new RowRun(0, "big", 0, 1500, 2001, 128)));
    assertEquals(3, layout.pages().size());
    Path file = folder.resolve("part.parquet");
    TestBatches.Known known = TestBatches.random(layout, 3, true, 1, allocator);
    write(file, RowGroupEncoder.encode(known.batch()));
    assertRows(rows(known), duckdb(file));
    assertRows(rows(known), dataset(file));
    double bitsPerCode = Files.size(file) * 8.0 / layout.values();
    assertTrue(bitsPerCode < 3 + 16.0 / 128 + 0.06, "bits per weight: " + bitsPerCode);
  }

  @Test
  void keptValuesAndDataComeBack() throws Exception {
    Path file = folder.resolve("part.parquet");
    PageLayout layout = PageLayout.of(List.of(new RowRun(0, "n", 0, 3, 50, 0)));
    byte[] bf16 = new byte[300];
    new Random(1).nextBytes(bf16);
    byte[] f32 = new byte[600];
    new Random(2).nextBytes(f32);
    byte[] i64 = new byte[1200];
    new Random(3).nextBytes(i64);
    write(
        file,
        kept(layout, DType.BF16, bf16),
        kept(layout, DType.F32, f32),
        kept(layout, DType.I64, i64));
    List<float[]> values = new ArrayList<>();
    List<byte[]> data = new ArrayList<>();
    query(
        "select values, data from '" + file + "'",
        row -> {
          Object[] list = row.getArray(1) == null ? null : (Object[]) row.getArray(1).getArray();
          if (list != null) {
            values.add(floats(list));
          } else {
            data.add(row.getBytes(2));
          }
        });
    assertEquals(6, values.size());
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 50; c++) {
        int at = r * 50 + c;
        int expected = (bf16[at * 2] & 0xff | bf16[at * 2 + 1] << 8) << 16;
        assertSameFloat(expected, values.get(r)[c]);
        int word = ByteBuffer.wrap(f32).order(ByteOrder.LITTLE_ENDIAN).getInt(at * 4);
        assertSameFloat(word, values.get(3 + r)[c]);
      }
      byte[] row = new byte[400];
      System.arraycopy(i64, r * 400, row, 0, 400);
      org.junit.jupiter.api.Assertions.assertArrayEquals(row, data.get(r));
    }
  }

  /** JDBC boxes floats, which may quiet a NaN; apart from that the bits are equal. */
  private static void assertSameFloat(int expectedBits, float actual) {
    float expected = Float.intBitsToFloat(expectedBits);
    if (Float.isNaN(expected)) {
      assertTrue(Float.isNaN(actual));
    } else {
      assertEquals(expectedBits, Float.floatToRawIntBits(actual));
    }
  }

  @Test
  void statisticsLetAFilterSkipRowGroups() throws Exception {
    Path file = folder.resolve("part.parquet");
    TestBatches.Known a =
        TestBatches.random(
            PageLayout.of(List.of(new RowRun(0, "a", 0, 8, 64, 32))), 4, true, 1, allocator);
    TestBatches.Known b =
        TestBatches.random(
            PageLayout.of(List.of(new RowRun(1, "b", 0, 8, 64, 32))), 4, true, 2, allocator);
    write(file, RowGroupEncoder.encode(a.batch()), RowGroupEncoder.encode(b.batch()));
    List<String> ranges = new ArrayList<>();
    query(
        "select stats_min_value || stats_max_value from parquet_metadata('"
            + file
            + "') where path_in_schema in ('layer_name', 'layer_id', 'row') order by row_group_id,"
            + " path_in_schema",
        row -> ranges.add(row.getString(1)));
    assertEquals(List.of("00", "aa", "07", "11", "bb", "07"), ranges);
  }

  private EncodedRowGroup kept(PageLayout layout, DType dtype, byte[] bytes) {
    KeptBatch batch = new KeptBatch(layout, dtype, List.of(TestBatches.buffer(bytes, allocator)));
    return RowGroupEncoder.encode(batch, allocator);
  }

  private static void write(Path file, EncodedRowGroup... groups) {
    try (PartWriter writer = new PartWriter(file)) {
      for (EncodedRowGroup group : groups) {
        try (group) {
          writer.write(group);
        }
      }
      writer.finish("part", Map.of("k", "v"));
    }
  }

  record Row(
      int layerId,
      String name,
      long row,
      long colStart,
      int groupSize,
      byte[] codes,
      float[] scales,
      float[] zeroPoints) {}

  private static List<Row> rows(TestBatches.Known known) {
    List<Row> rows = new ArrayList<>();
    int[] value = {0};
    int[] group = {0};
    PageLayout layout = known.batch().layout();
    for (RowRun run : layout.runs()) {
      for (int r = 0; r < run.rowCount(); r++) {
        for (int p = 0; p < run.piecesPerRow(); p++) {
          int columns = run.columnsOfPiece(p);
          int groups = (columns + run.groupSize() - 1) / run.groupSize();
          rows.add(
              new Row(
                  run.layerId(),
                  run.layerName(),
                  run.firstRow() + r,
                  (long) p * run.pieceColumns(),
                  run.groupSize(),
                  java.util.Arrays.copyOfRange(known.codes(), value[0], value[0] += columns),
                  java.util.Arrays.copyOfRange(known.scales(), group[0], group[0] + groups),
                  java.util.Arrays.copyOfRange(known.zeroPoints(), group[0], group[0] += groups)));
        }
      }
    }
    assertEquals(known.codes().length, value[0]);
    assertEquals(known.scales().length, group[0]);
    return rows;
  }

  private static void assertRows(List<Row> expected, List<Row> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      Row e = expected.get(i);
      Row a = actual.get(i);
      assertEquals(
          List.of(e.layerId(), e.name(), e.row(), e.colStart(), e.groupSize()),
          List.of(a.layerId(), a.name(), a.row(), a.colStart(), a.groupSize()));
      org.junit.jupiter.api.Assertions.assertArrayEquals(e.codes(), a.codes());
      org.junit.jupiter.api.Assertions.assertArrayEquals(e.scales(), a.scales());
      org.junit.jupiter.api.Assertions.assertArrayEquals(e.zeroPoints(), a.zeroPoints());
    }
  }

  @FunctionalInterface
  interface RowReader {
    void read(ResultSet row) throws SQLException;
  }

  private static void query(String sql, RowReader reader) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        ResultSet result = connection.createStatement().executeQuery(sql)) {
      while (result.next()) {
        reader.read(result);
      }
    }
  }

  private static List<Row> duckdb(Path file) throws SQLException {
    List<Row> rows = new ArrayList<>();
    query(
        "select layer_id, layer_name, row, col_start, group_size, codes, scales, zero_points,"
            + " values, data from read_parquet('"
            + file
            + "', file_row_number = true) order by file_row_number",
        r -> {
          rows.add(
              new Row(
                  r.getInt(1),
                  r.getString(2),
                  r.getLong(3),
                  r.getLong(4),
                  r.getInt(5),
                  bytes((Object[]) r.getArray(6).getArray()),
                  floats((Object[]) r.getArray(7).getArray()),
                  floats((Object[]) r.getArray(8).getArray())));
          assertEquals(null, r.getObject(9));
          assertEquals(null, r.getObject(10));
        });
    return rows;
  }

  private static byte[] bytes(Object[] list) {
    byte[] bytes = new byte[list.length];
    for (int i = 0; i < list.length; i++) {
      bytes[i] = ((Number) list[i]).byteValue();
    }
    return bytes;
  }

  private static float[] floats(Object[] list) {
    float[] floats = new float[list.length];
    for (int i = 0; i < list.length; i++) {
      floats[i] = ((Number) list[i]).floatValue();
    }
    return floats;
  }

  private List<Row> dataset(Path file) throws Exception {
    List<Row> rows = new ArrayList<>();
    try (var factory =
            new FileSystemDatasetFactory(
                allocator,
                NativeMemoryPool.getDefault(),
                FileFormat.PARQUET,
                file.toUri().toString());
        var dataset = factory.finish();
        var scanner = dataset.newScan(new ScanOptions(1 << 16));
        ArrowReader reader = scanner.scanBatches()) {
      while (reader.loadNextBatch()) {
        VectorSchemaRoot root = reader.getVectorSchemaRoot();
        for (int i = 0; i < root.getRowCount(); i++) {
          assertTrue(root.getVector("values").isNull(i));
          assertFalse(root.getVector("codes").isNull(i));
          rows.add(
              new Row(
                  ((IntVector) root.getVector("layer_id")).get(i),
                  root.getVector("layer_name").getObject(i).toString(),
                  ((BigIntVector) root.getVector("row")).get(i),
                  ((BigIntVector) root.getVector("col_start")).get(i),
                  ((IntVector) root.getVector("group_size")).get(i),
                  codes((ListVector) root.getVector("codes"), i),
                  floats((ListVector) root.getVector("scales"), i),
                  floats((ListVector) root.getVector("zero_points"), i)));
        }
      }
    }
    return rows;
  }

  private static byte[] codes(ListVector list, int row) {
    TinyIntVector child = (TinyIntVector) list.getDataVector();
    int start = list.getElementStartIndex(row);
    byte[] codes = new byte[list.getElementEndIndex(row) - start];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = child.get(start + i);
    }
    return codes;
  }

  private static float[] floats(ListVector list, int row) {
    Float4Vector child = (Float4Vector) list.getDataVector();
    int start = list.getElementStartIndex(row);
    float[] floats = new float[list.getElementEndIndex(row) - start];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = child.get(start + i);
    }
    return floats;
  }
}
