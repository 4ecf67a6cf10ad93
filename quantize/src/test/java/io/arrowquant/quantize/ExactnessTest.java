package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.ModelScan;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code (code - zero_point) * scale} is the same float32 to the last bit, whoever computes it. */
class ExactnessTest {

  private static final String MACROS =
      """
      create macro aq_dequant(codes, scales, zero_points, g) as
        list_transform(codes, lambda c, i:
          (c - zero_points[(i + g - 1) // g]) * scales[(i + g - 1) // g]);
      create macro aq_spread(v, g, n) as
        flatten(list_transform(v, lambda x: list_resize([]::FLOAT[], g, x)))[1:n];
      """;

  private static final String AS_LISTS =
      """
      select layer_id, row, col_start, aq_dequant(codes, scales, zero_points, group_size)
      from w where codes is not null
      """;

  private static final String AS_ROWS =
      """
      select layer_id, row, col_start, list((c - z) * s order by i) from (
        select layer_id, row, col_start, unnest(codes) c, unnest(range(len(codes))) i,
          unnest(aq_spread(scales, group_size, len(codes))) s,
          unnest(aq_spread(zero_points, group_size, len(codes))) z
        from w where codes is not null)
      group by all
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"2, 64", "3, 128", "4, 100", "5, 32", "6, 1000", "8, 128"})
  void threeReadersGiveTheSameBits(int bits, int groupSize) throws Exception {
    Path input = folder.resolve("odd.safetensors");
    Path model = folder.resolve("model");
    OddCheckpoint.write(input, OddCheckpoint.TENSORS);
    new ArrowQuantV2()
        .quantizeFromSafeTensors(
            input,
            model,
            DiffusionQuantConfig.builder()
                .bitWidth(bits)
                .groupSize(groupSize)
                .minAccuracy(0)
                .build());
    Map<String, float[]> expected = direct(model);
    assertTrue(expected.size() > 200, "rows: " + expected.size());
    assertTrue(expected.keySet().stream().anyMatch(key -> !key.endsWith(" 0")), "pieces of rows");
    assertSame(expected, scanned(model));
    assertSame(expected, sql(model, AS_LISTS));
    assertSame(expected, sql(model, AS_ROWS));
  }

  private static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((key, row) -> assertArrayEquals(bits(row), bits(actual.get(key)), key));
  }

  private static int[] bits(float[] floats) {
    int[] bits = new int[floats.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(floats[i]));
    return bits;
  }

  private static String key(long layer, long row, long columnStart) {
    return layer + " " + row + " " + columnStart;
  }

  private static Map<String, float[]> direct(Path model) {
    Map<String, float[]> rows = new TreeMap<>();
    RowGroupDecoder decoder = new RowGroupDecoder();
    try (RootAllocator allocator = new RootAllocator();
        ModelReader reader = ModelReader.open(model)) {
      for (ModelReader.RowGroupRef ref : reader.rowGroups()) {
        if (!reader.isQuantized(ref)) {
          continue;
        }
        PageLayout layout = reader.layout(ref);
        try (StoredRowGroup group = reader.quantized(ref, layout);
            ArrowBuf decoded = allocator.buffer(layout.values() * Float.BYTES)) {
          decoder.decode(group, 0, layout.values(), decoded);
          long at = 0;
          for (RowRun run : layout.runs()) {
            for (int p = 0; p < run.rowCount() * run.piecesPerRow(); p++) {
              float[] piece = new float[run.columnsOfPiece(p % run.piecesPerRow())];
              for (int c = 0; c < piece.length; c++) {
                piece[c] = decoded.getFloat(at);
                at += Float.BYTES;
              }
              long row = run.firstRow() + p / run.piecesPerRow();
              rows.put(key(run.layerId(), row, run.columnOfPiece(p % run.piecesPerRow())), piece);
            }
          }
        }
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
    return rows;
  }

  private static Map<String, float[]> scanned(Path model) throws Exception {
    Map<String, float[]> rows = new TreeMap<>();
    try (RootAllocator allocator = new RootAllocator()) {
      try (ModelScan scan = ModelScan.open(model, allocator);
          ArrowReader reader = scan.scan()) {
        while (reader.loadNextBatch()) {
          VectorSchemaRoot root = reader.getVectorSchemaRoot();
          for (int r = 0; r < root.getRowCount(); r++) {
            if (!root.getVector("codes").isNull(r)) {
              rows.put(
                  key(
                      ((IntVector) root.getVector("layer_id")).get(r),
                      ((BigIntVector) root.getVector("row")).get(r),
                      ((BigIntVector) root.getVector("col_start")).get(r)),
                  dequantized(root, r));
            }
          }
        }
      }
      assertEquals(0, allocator.getAllocatedMemory());
    }
    return rows;
  }

  private static float[] dequantized(VectorSchemaRoot root, int row) {
    ListVector codes = (ListVector) root.getVector("codes");
    ListVector scales = (ListVector) root.getVector("scales");
    ListVector zeroPoints = (ListVector) root.getVector("zero_points");
    int groupSize = ((IntVector) root.getVector("group_size")).get(row);
    int first = codes.getElementStartIndex(row);
    float[] weights = new float[codes.getElementEndIndex(row) - first];
    for (int c = 0; c < weights.length; c++) {
      int group = c / groupSize;
      byte code = ((TinyIntVector) codes.getDataVector()).get(first + c);
      float zeroPoint =
          ((Float4Vector) zeroPoints.getDataVector())
              .get(zeroPoints.getElementStartIndex(row) + group);
      float scale =
          ((Float4Vector) scales.getDataVector()).get(scales.getElementStartIndex(row) + group);
      weights[c] = (code - zeroPoint) * scale;
    }
    return weights;
  }

  private static Map<String, float[]> sql(Path model, String query) throws Exception {
    Map<String, float[]> rows = new TreeMap<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute(MACROS);
      statement.execute(
          "create view w as from read_parquet('%s/weights/*.parquet')".formatted(model));
      try (ResultSet result = statement.executeQuery(query)) {
        assertEquals("FLOAT[]", result.getMetaData().getColumnTypeName(4));
        while (result.next()) {
          Object[] list = (Object[]) result.getArray(4).getArray();
          float[] row = new float[list.length];
          for (int i = 0; i < row.length; i++) {
            row[i] = (Float) list[i];
          }
          rows.put(key(result.getLong(1), result.getLong(2), result.getLong(3)), row);
        }
      }
    }
    return rows;
  }
}
