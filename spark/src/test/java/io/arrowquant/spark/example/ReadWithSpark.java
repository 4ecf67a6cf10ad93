package io.arrowquant.spark.example;

import io.arrowquant.spark.function.ArrowQuantFunctions;
import java.io.IOException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A quantized model beside the checkpoint that it was made from, both read by Spark: the root of
 * the mean squared error of each row of a tensor.
 */
public final class ReadWithSpark {

  private ReadWithSpark() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 3) {
      System.err.println("usage: ReadWithSpark MODEL MODEL-INT4 TENSOR");
      System.exit(2);
    }
    // spark-submit says where the cluster is.
    try (SparkSession spark = SparkSession.builder().appName("read").getOrCreate()) {
      errors(spark, args[0], args[1], args[2]).show();
    }
  }

  /**
   * @return {@code row, rmse}, the worst row first
   */
  static Dataset<Row> errors(SparkSession spark, String source, String quantized, String tensor) {
    ArrowQuantFunctions.register(spark);
    spark.read().format("safetensors").load(source).createOrReplaceTempView("checkpoint");
    spark.read().parquet(quantized + "/weights").createOrReplaceTempView("weights");
    return spark.sql(
        """
        SELECT row, sqrt(aggregate(zip_with(s.values, q.decoded, (a, b) -> (a - b) * (a - b)),
                                   0D, (sum, e) -> sum + e) / size(s.values)) AS rmse
        FROM checkpoint AS s JOIN (
            SELECT layer_name AS name, row,
                   aq_dequantize(codes, scales, zero_points, group_size) AS decoded
            FROM weights) AS q USING (name, row)
        WHERE name = '%s'
        ORDER BY rmse DESC"""
            .formatted(tensor.replace("'", "\\'")));
  }
}
