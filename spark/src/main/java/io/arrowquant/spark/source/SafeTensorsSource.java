package io.arrowquant.spark.source;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.spark.hadoop.HadoopPaths;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The data source {@code safetensors}. Takes whatever {@link Checkpoint#open} takes (a file, an
 * index, a folder, a diffusers folder), on any file system that Hadoop knows.
 *
 * <p>Columns: {@code name}, {@code row}, {@code values} as {@code array<float>}, {@code dtype},
 * {@code shape}. Values of every dtype that has a float32 form are widened, F64 and integers beyond
 * 2^24 rounded; complex numbers and numbers smaller than a byte have null. Values of 8-bit floats
 * with scales beside them are multiplied with these.
 *
 * <p>Options: {@code tensors} (default false) for the table of tensors instead: {@code name, dtype,
 * shape, num_params, size_bytes, file, position}.
 */
public final class SafeTensorsSource implements TableProvider, DataSourceRegister {

  private static final String PATH = "path";
  private static final String TENSORS = "tensors";

  @Override
  public String shortName() {
    return "safetensors";
  }

  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    return options.getBoolean(TENSORS, false) ? TensorColumns.SCHEMA : RowColumns.SCHEMA;
  }

  @Override
  public Table getTable(StructType schema, Transform[] partitioning, Map<String, String> options) {
    CaseInsensitiveStringMap read = new CaseInsensitiveStringMap(options);
    String path = read.get(PATH);
    if (path == null) {
      throw new InvalidConfigException(
          "The source safetensors needs one path: load(\"...\") with a file, an index or a folder.");
    }
    Configuration hadoop = SparkSession.active().sessionState().newHadoopConf();
    Checkpoint checkpoint = Checkpoint.open(HadoopPaths.of(path, hadoop));
    return new SafeTensorsTable(checkpoint, read.getBoolean(TENSORS, false), hadoop);
  }
}
