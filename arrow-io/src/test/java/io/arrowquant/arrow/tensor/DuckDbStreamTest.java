package io.arrowquant.arrow.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorLayout.Limits;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The mapped bytes, through the C data interface, answer SQL in place. */
class DuckDbStreamTest {

  @TempDir Path folder;
  @AutoClose private final BufferAllocator allocator = new RootAllocator();

  @Test
  void batchesOfAMatrixAnswerExactly() throws SQLException {
    Path file = folder.resolve("w.safetensors");
    List<Entry> entries =
        List.of(
            new Entry("w", DType.F32, List.of(500L, 24L)),
            new Entry("half", DType.F16, List.of(4L)),
            new Entry("ids", DType.I64, List.of(3L)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      ByteBuffer bytes = ByteBuffer.allocate(48_000 + 24 + 8).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(1L << 60).putLong(-1).putLong(7);
      for (int i = 0; i < 12_000; i++) {
        bytes.putFloat(i * 0.25f - 17);
      }
      bytes
          .putShort((short) 0x3c00)
          .putShort((short) 0xbe00)
          .putShort((short) 1)
          .putShort((short) 0);
      bytes.flip();
      while (writer.current().isPresent()) {
        int size = (int) writer.current().get().byteSize();
        writer.write(bytes.slice(bytes.position(), size));
        bytes.position(bytes.position() + size);
      }
    }
    Limits limits = new Limits(1000, Integer.MAX_VALUE);
    try (SafeTensorsAdapter adapter =
        new SafeTensorsAdapter(Checkpoint.open(file), allocator, false, IoMode.MMAP, limits)) {
      double sum = 0;
      for (int i = 0; i < 12_000; i++) {
        sum += i * 0.25f - 17;
      }
      assertEquals(
          "500|FLOAT[24]|" + sum + "|-17.0|2982.75",
          query(
              adapter,
              "w",
              "select count(*), any_value(typeof(v)), sum(list_sum(v::double[])),"
                  + " min(v[1]), max(v[24]) from t as t(v)"));
      assertEquals(
          "FLOAT[4]|[1.0, -1.5, 5.9604645E-8, 0.0]",
          query(adapter, "half", "select typeof(v), v from t as t(v)"));
      assertEquals(
          "BIGINT|1152921504606846982",
          query(adapter, "ids", "select any_value(typeof(v)), sum(v) from t as t(v)"));
    }
  }

  @Test
  void aRealModelAnswersLikeJava() throws SQLException {
    Path file =
        Path.of(System.getProperty("arrowquant.shared", "absent"), "silero_vad_16k.safetensors");
    Assumptions.assumeTrue(Files.exists(file), "no real model at " + file);
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(file, allocator)) {
      int matrices = 0;
      for (String name : adapter.tensorNames()) {
        if (adapter.tensorInfo(name).shape().size() >= 2) {
          float most = Float.NEGATIVE_INFINITY;
          int rows;
          try (FixedSizeListVector matrix = adapter.tensorF32(name)) {
            rows = matrix.getValueCount();
            Float4Vector values = (Float4Vector) matrix.getDataVector();
            for (int i = 0; i < values.getValueCount(); i++) {
              most = Math.max(most, values.get(i));
            }
          }
          assertEquals(
              rows + "|" + (double) most,
              query(
                  adapter,
                  name,
                  "select count(*), max(list_max(v::float[]))::double from t as t(v)"));
          matrices++;
        }
      }
      assertTrue(matrices > 0);
    }
  }

  private String query(SafeTensorsAdapter adapter, String tensor, String sql) throws SQLException {
    try (DuckDBConnection duck =
            DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class);
        ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator)) {
      if (adapter.tensorInfo(tensor).dtype() == DType.F16) {
        adapter.exportStreamF32(tensor, stream);
      } else {
        adapter.exportStream(tensor, stream);
      }
      duck.registerArrowStream("t", stream);
      StringBuilder answer = new StringBuilder();
      try (Statement statement = duck.createStatement();
          ResultSet result = statement.executeQuery(sql)) {
        while (result.next()) {
          for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
            answer.append(answer.isEmpty() ? "" : "|").append(result.getObject(i));
          }
        }
      }
      return answer.toString();
    }
  }
}
