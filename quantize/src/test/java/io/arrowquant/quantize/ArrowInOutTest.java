package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.pipeline.DiffusionOrchestrator;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBResultSet;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Weights that are in Arrow memory already, quantized there, to Arrow again. */
class ArrowInOutTest {

  @AutoClose private final RootAllocator allocator = new RootAllocator();

  @Test
  void aMatrixBecomesRowsThatDecodeToIt() {
    int rows = 7;
    int columns = 300;
    try (FixedSizeListVector matrix = matrix(rows, columns);
        VectorSchemaRoot root =
            new DiffusionOrchestrator(DiffusionQuantConfig.builder().bitWidth(8).build())
                .quantizeLayer("w", matrix, allocator)) {
      Float4Vector source = (Float4Vector) matrix.getDataVector();
      assertEquals(rows, root.getRowCount());
      assertClose(root, source, columns);
      try (VectorSchemaRoot flat =
          new DiffusionOrchestrator(DiffusionQuantConfig.builder().bitWidth(8).build())
              .quantizeLayer("w", source, allocator)) {
        assertEquals(1, flat.getRowCount());
        assertClose(flat, source, rows * columns);
      }
    }
  }

  private static void assertClose(VectorSchemaRoot root, Float4Vector source, int columns) {
    ListVector codes = (ListVector) root.getVector("codes");
    ListVector scales = (ListVector) root.getVector("scales");
    ListVector zeroPoints = (ListVector) root.getVector("zero_points");
    for (int r = 0; r < root.getRowCount(); r++) {
      assertEquals(columns, codes.getElementEndIndex(r) - codes.getElementStartIndex(r));
      for (int c = 0; c < columns; c++) {
        int group = scales.getElementStartIndex(r) + c / 128;
        float scale = ((Float4Vector) scales.getDataVector()).get(group);
        float zeroPoint = ((Float4Vector) zeroPoints.getDataVector()).get(group);
        byte code = ((TinyIntVector) codes.getDataVector()).get(codes.getElementStartIndex(r) + c);
        assertEquals(source.get(r * columns + c), (code - zeroPoint) * scale, scale * 1.01f);
      }
    }
  }

  @Test
  void aMatrixWithNaNIsKept() {
    try (FixedSizeListVector matrix = matrix(2, 64)) {
      Float4Vector source = (Float4Vector) matrix.getDataVector();
      source.set(100, Float.NaN);
      try (VectorSchemaRoot root =
          new DiffusionOrchestrator(DiffusionQuantConfig.defaults())
              .quantizeLayer("w", matrix, allocator)) {
        assertTrue(root.getVector("codes").isNull(0));
        ListVector values = (ListVector) root.getVector("values");
        assertEquals(source.get(0), ((Float4Vector) values.getDataVector()).get(0));
        assertTrue(Float.isNaN(((Float4Vector) values.getDataVector()).get(100)));
      }
    }
  }

  private FixedSizeListVector matrix(int rows, int columns) {
    FixedSizeListVector matrix =
        new FixedSizeListVector(
            "m",
            allocator,
            FieldType.notNullable(
                new org.apache.arrow.vector.types.pojo.ArrowType.FixedSizeList(columns)),
            null);
    matrix.addOrGetVector(
        FieldType.notNullable(org.apache.arrow.vector.types.Types.MinorType.FLOAT4.getType()));
    Float4Vector values = (Float4Vector) matrix.getDataVector();
    values.allocateNew(rows * columns);
    Random random = new Random(5);
    for (int i = 0; i < rows * columns; i++) {
      values.set(i, (float) random.nextGaussian());
    }
    for (int r = 0; r < rows; r++) {
      matrix.setNotNull(r);
    }
    values.setValueCount(rows * columns);
    matrix.setValueCount(rows);
    return matrix;
  }

  /** DuckDB makes tensors, we quantize its stream, DuckDB reads ours: all of them. */
  @Test
  void aStreamFromDuckDbComesBackToDuckDb() throws Exception {
    String tensors =
        "select 'layer' || n as layer_name,"
            + " list_transform(range(0, 64 * 40), lambda i: sin(i * n)::float) as weights,"
            + " [64, 40]::bigint[] as shape from range(1, 4) t(n)"
            + " union all select 'norm.weight', [1::float, 2::float], [2]::bigint[]";
    List<String> seen = new ArrayList<>();
    try (DuckDBConnection connection =
            (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:");
        ResultSet result = connection.createStatement().executeQuery(tensors)) {
      ArrowReader input =
          (ArrowReader) ((DuckDBResultSet) result).arrowExportStream(allocator, 256);
      try (ArrowReader output =
              new ArrowQuantV2()
                  .quantize(
                      input, DiffusionQuantConfig.builder().groupSize(32).build(), allocator);
          ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator)) {
        Data.exportArrayStream(allocator, output, stream);
        try (DuckDBConnection reader =
            (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:")) {
          reader.registerArrowStream("quantized", stream);
          try (ResultSet rows =
              reader
                  .createStatement()
                  .executeQuery(
                      "select layer_name, count(*), sum(len(codes)), sum(len(scales)),"
                          + " sum(len(values)) from quantized group by 1 order by 1")) {
            while (rows.next()) {
              seen.add(
                  rows.getString(1)
                      + " "
                      + rows.getLong(2)
                      + " "
                      + rows.getObject(3)
                      + " "
                      + rows.getObject(4)
                      + " "
                      + rows.getObject(5));
            }
          }
        }
      }
    }
    assertEquals(
        List.of(
            "layer1 64 2560 128 null",
            "layer2 64 2560 128 null",
            "layer3 64 2560 128 null",
            "norm.weight 1 null null 2"),
        seen);
  }

  @Test
  void aStreamWithoutTheColumnsIsRefused() throws Exception {
    try (DuckDBConnection connection =
            (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:");
        ResultSet result = connection.createStatement().executeQuery("select 1 as x")) {
      ArrowReader input =
          (ArrowReader) ((DuckDBResultSet) result).arrowExportStream(allocator, 256);
      try (ArrowReader output =
          new ArrowQuantV2().quantize(input, DiffusionQuantConfig.defaults(), allocator)) {
        InvalidConfigException e =
            assertThrows(InvalidConfigException.class, output::loadNextBatch);
        assertTrue(e.getMessage().contains("layer_name"));
        assertFalse(e.getMessage().isBlank());
      }
    }
  }
}
