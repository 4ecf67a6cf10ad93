package io.arrowquant.spark.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.spark.LocalSpark;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

@EnabledForJreRange(
    max = JRE.JAVA_23,
    disabledReason = "Hadoop 3.4.2, which Spark 4.1 brings, does not run on newer ones")
class ArrowQuantFunctionsTest {

  private static final SparkSession SPARK = LocalSpark.session();

  @BeforeAll
  static void register() {
    ArrowQuantFunctions.register(SPARK);
  }

  private static Row one(String sql) {
    return SPARK.sql(sql).head();
  }

  @Test
  void dequantizesByGroups() {
    Row row =
        one(
            "select aq_dequantize(codes, scales, zero_points, 2) from values"
                + " (array(-8, 7, 3), array(0.5, 2), array(-1, 0.5)) as t(codes, scales, zero_points)");
    assertEquals(List.of(-3.5f, 4f, 5f), row.getList(0));
  }

  @Test
  void aColumnWithoutAliasIsNamedAfterTheFunction() {
    String name =
        SPARK.sql("select aq_dequantize(array(1), array(1.0), array(0.0), 2)").columns()[0];
    assertTrue(name.startsWith("invoke(aq_dequantize.apply("), name);
  }

  @Test
  void refusesGroupsThatDoNotMatch() {
    Exception e =
        assertThrows(
            Exception.class,
            () -> one("select aq_dequantize(array(1, 2, 3), array(1.0), array(0.0), 2)"));
    assertTrue(e.toString().contains("3 codes in groups of 2"), e.toString());
  }

  @Test
  void nullGivesNull() {
    assertNull(one("select aq_dequantize(null, array(1.0), array(0.0), 2)").get(0));
  }

  @Test
  void quantizesAndBack() {
    SPARK
        .range(100)
        .selectExpr("id", "transform(sequence(0, 99), i -> cast(sin(i * (id + 1)) as float)) v")
        .createOrReplaceTempView("waves");
    Row worst =
        one(
            "select max(abs(w - d)), count(*) from (select explode(arrays_zip(v, aq_dequantize("
                + "q.codes, q.scales, q.zero_points, 32))) as (pair) from (select v, aq_quantize(v, 8, 32)"
                + " q from waves)) lateral view inline(array(struct(pair.v w, pair['1'] d))) x");
    assertEquals(10_000, worst.getLong(1));
    assertTrue(worst.getFloat(0) > 0 && worst.getFloat(0) < 0.01, worst.toString());
  }

  @Test
  void notANumberGivesNull() {
    assertNull(one("select aq_quantize(array(float('nan'), 1f), 4, 32)").get(0));
    assertThrows(Exception.class, () -> one("select aq_quantize(array(1f), 7, 32)"));
  }
}
