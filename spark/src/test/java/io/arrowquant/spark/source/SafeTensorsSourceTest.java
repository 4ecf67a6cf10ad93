package io.arrowquant.spark.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.spark.LocalSpark;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

@EnabledForJreRange(
    max = JRE.JAVA_23,
    disabledReason = "Hadoop 3.4.2, which Spark 4.1 brings, does not run on newer ones")
class SafeTensorsSourceTest {

  private final SparkSession spark = LocalSpark.session();

  @TempDir Path folder;

  /** a: F32 [3, 2]; b: BF16 [4]; c: C64 [1]; d: an empty matrix. */
  private Path write() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(24 + 8 + 8).order(ByteOrder.LITTLE_ENDIAN);
    for (float f : new float[] {1, 2, 3, 4, 5, -6.5f}) {
      data.putFloat(f);
    }
    for (int bits : new int[] {0x3f80, 0xc000, 0x0000, 0x7f80}) {
      data.putShort((short) bits);
    }
    data.putFloat(1).putFloat(2);
    String header =
        """
        {"a":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},
         "b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},
         "c":{"dtype":"C64","shape":[1],"data_offsets":[32,40]},
         "d":{"dtype":"F32","shape":[0,7],"data_offsets":[40,40]}}""";
    return write(header, data.array());
  }

  private Path write(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
    file.write(json);
    file.write(data);
    Path path = folder.resolve("model.safetensors");
    Files.write(path, file.toByteArray());
    return path;
  }

  private Dataset<Row> load(Path path) {
    return spark.read().format("safetensors").load(path.toString());
  }

  @Test
  void givesRowsOfMatrices() throws IOException {
    List<Row> rows = load(write()).orderBy("name", "row").collectAsList();
    assertEquals(5, rows.size());
    assertEquals("a", rows.get(2).getString(0));
    assertEquals(2, rows.get(2).getLong(1));
    assertEquals(List.of(5f, -6.5f), rows.get(2).getList(2));
    assertEquals("F32", rows.get(2).getString(3));
    assertEquals(List.of(3L, 2L), rows.get(2).getList(4));
    assertEquals(List.of(1f, -2f, 0f, Float.POSITIVE_INFINITY), rows.get(3).getList(2));
    assertTrue(rows.get(4).isNullAt(2), "complex numbers have no float32 form");
  }

  @Test
  void readsNoBytesForColumnsThatNeedNone() throws IOException {
    Path path = write();
    Dataset<Row> names = load(path).select("name", "shape").where("row = 1");
    assertEquals(List.of("a"), names.collectAsList().stream().map(r -> r.getString(0)).toList());
    assertEquals(5, load(path).count());
  }

  @Test
  void pushesFiltersOnNamesDown() throws IOException {
    Dataset<Row> rows = load(write()).where("name = 'a' and row > 0");
    String plan = rows.queryExecution().executedPlan().toString();
    assertEquals(2, rows.count());
    assertTrue(!plan.contains("Filter (name"), plan);
    assertEquals(1, load(folder.resolve("model.safetensors")).where("name like 'b%'").count());
    assertEquals(4, load(folder).where("name in ('a', 'c')").count());
    assertEquals(0, load(folder).where("name = 'A'").count());
  }

  @Test
  void tellsOfTensors() throws IOException {
    write();
    Dataset<Row> tensors =
        spark.read().format("safetensors").option("tensors", "true").load(folder.toString());
    assertArrayEquals(
        new String[] {"name", "dtype", "shape", "num_params", "size_bytes", "file", "position"},
        tensors.columns());
    Row empty = tensors.where("num_params = 0").collectAsList().get(0);
    assertEquals("d", empty.getString(0));
    assertEquals(List.of(0L, 7L), empty.getList(2));
    assertEquals(13 - 2, tensors.selectExpr("sum(num_params)").head().getLong(0));
  }

  @Test
  void readsThroughHadoop() throws IOException {
    Path path = write();
    spark.sparkContext().hadoopConfiguration().set("fs.elsewhere.impl", Elsewhere.class.getName());
    Dataset<Row> rows = spark.read().format("safetensors").load("elsewhere:" + path);
    assertEquals(
        load(path).orderBy("name", "row").collectAsList(),
        rows.orderBy("name", "row").collectAsList());
    assertEquals(5, spark.read().format("safetensors").load("elsewhere:" + folder).count());
  }

  @Test
  void multipliesScales() throws IOException {
    String header =
        """
        {"x.weight":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[0,4]},
         "x.weight_scale":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""";
    ByteBuffer data = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    data.put(new byte[] {0x38, 0x40, 0x38, 0x40}).putFloat(10).putFloat(100);
    List<Row> rows =
        load(write(header, data.array())).where("name = 'x.weight'").orderBy("row").collectAsList();
    assertEquals(List.of(10f, 20f), rows.get(0).getList(2));
    assertEquals(List.of(100f, 200f), rows.get(1).getList(2));
  }

  @Test
  void saysWhatIsWrongWithAFile() throws IOException {
    Path path = write();
    Files.write(path, new byte[] {1, 2, 3});
    assertThrows(InvalidHeaderException.class, () -> load(path).count());
  }
}
