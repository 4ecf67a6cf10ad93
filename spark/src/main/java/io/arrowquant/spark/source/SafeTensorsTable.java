package io.arrowquant.spark.source;

import io.arrowquant.core.checkpoint.Checkpoint;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** A checkpoint whose headers have been read, as a table of its rows or of its tensors. */
final class SafeTensorsTable implements SupportsRead {

  private final Checkpoint checkpoint;
  private final boolean tensors;
  private final Configuration hadoop;

  SafeTensorsTable(Checkpoint checkpoint, boolean tensors, Configuration hadoop) {
    this.checkpoint = checkpoint;
    this.tensors = tensors;
    this.hadoop = hadoop;
  }

  @Override
  public String name() {
    return "safetensors " + checkpoint.path();
  }

  @Override
  @SuppressWarnings("deprecation") // what replaces it calls it
  public StructType schema() {
    return tensors ? TensorColumns.SCHEMA : RowColumns.SCHEMA;
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
    return new SafeTensorsScanBuilder(checkpoint, schema(), tensors, hadoop);
  }
}
