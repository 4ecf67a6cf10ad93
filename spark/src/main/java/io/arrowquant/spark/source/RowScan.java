package io.arrowquant.spark.source;

import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.Statistics;
import org.apache.spark.sql.connector.read.SupportsReportStatistics;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/** The rows of some tensors, as tasks of about {@link RowRange#TASK_BYTES} each. */
record RowScan(
    Checkpoint checkpoint, List<CheckpointTensor> tensors, StructType columns, Configuration hadoop)
    implements Scan, Batch, SupportsReportStatistics {

  @Override
  public StructType readSchema() {
    return columns;
  }

  @Override
  public Batch toBatch() {
    return this;
  }

  @Override
  public InputPartition[] planInputPartitions() {
    return RowRange.tasks(checkpoint, tensors).stream()
        .map(RowRange.Task::new)
        .toArray(InputPartition[]::new);
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new RowReaderFactory(columns, new SerializableConfiguration(hadoop));
  }

  @Override
  public Statistics estimateStatistics() {
    return new Statistics() {
      @Override
      public OptionalLong sizeInBytes() {
        return OptionalLong.of(tensors.stream().mapToLong(t -> 4 * t.elementCount()).sum());
      }

      @Override
      public OptionalLong numRows() {
        return OptionalLong.of(
            tensors.stream().mapToLong(t -> MatrixShape.of(t.name(), t.shape()).rows()).sum());
      }
    };
  }
}
