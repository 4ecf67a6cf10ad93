package io.arrowquant.spark.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.spark.LocalSpark;
import io.arrowquant.spark.job.TestCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

@EnabledForJreRange(
    max = JRE.JAVA_23,
    disabledReason = "Hadoop 3.4.2, which Spark 4.1 brings, does not run on newer ones")
class ReadWithSparkTest {

  private static final String TENSOR = "blocks.0.easy.weight";

  @TempDir Path folder;

  @Test
  void errorsAreThoseThatTheModelStates() throws IOException {
    Path source = folder.resolve("model");
    Path model = folder.resolve("model-int4");
    TestCheckpoint.write(source, TestCheckpoint.odd());
    new ArrowQuantV2().quantizeFromSafeTensors(source, model, DiffusionQuantConfig.defaults());

    List<Row> rows =
        ReadWithSpark.errors(LocalSpark.session(), source.toString(), model.toString(), TENSOR)
            .collectAsList();

    assertEquals(64, rows.size());
    double squares = rows.stream().mapToDouble(row -> Math.pow(row.getDouble(1), 2)).sum();
    try (QuantizedModel opened = QuantizedModel.open(model)) {
      LayerRecord layer = opened.layer(TENSOR).record();
      double stated = layer.quality().rmse();
      assertEquals(stated, Math.sqrt(squares / rows.size()), 1e-3 * stated);
    }
    assertTrue(rows.get(0).getDouble(1) >= rows.get(63).getDouble(1));
  }
}
