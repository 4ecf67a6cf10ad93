package io.arrowquant.spark.cluster;

import java.io.IOException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * An application that knows Spark alone: it joins rows of a checkpoint and of the model made from
 * it, both by what the packaged job adds to Spark, and says how many there are and how far apart.
 */
public final class ReadBack {

  private static final String NAME = "blocks.001.weight";
  private static final int ROWS = 16;

  private ReadBack() {}

  public static void main(String... locations) throws IOException {
    try (SparkSession spark = SparkSession.builder().appName("ReadBack").getOrCreate()) {
      spark
          .read()
          .format("safetensors")
          .load(locations[0])
          .where("name = '" + NAME + "' and row < " + ROWS)
          .createOrReplaceTempView("source");
      spark
          .read()
          .parquet(locations[1] + "/weights")
          .where("layer_name = '" + NAME + "' and row < " + ROWS)
          .createOrReplaceTempView("weights");
      Row row =
          spark
              .sql(
                  """
                  select count(distinct s.row), sum((v - d) * (v - d)) / sum(v * v)
                  from source s join weights w on s.row = w.row
                  lateral view inline(arrays_zip(s.values,
                    aq_dequantize(w.codes, w.scales, w.zero_points, w.group_size))) as v, d""")
              .head();
      System.out.println(row.getLong(0) + " rows, noise " + row.getDouble(1));
    }
  }
}
