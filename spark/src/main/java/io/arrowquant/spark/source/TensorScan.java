package io.arrowquant.spark.source;

import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.connector.read.LocalScan;
import org.apache.spark.sql.types.StructType;

/** The table of tensors. The driver has read the headers, so no task is needed. */
record TensorScan(Checkpoint checkpoint, List<CheckpointTensor> tensors, StructType columns)
    implements LocalScan {

  @Override
  public StructType readSchema() {
    return columns;
  }

  @Override
  public InternalRow[] rows() {
    return tensors.stream().map(this::row).toArray(InternalRow[]::new);
  }

  private InternalRow row(CheckpointTensor tensor) {
    return new GenericInternalRow(
        Arrays.stream(columns.fieldNames())
            .map(column -> TensorColumns.value(column, checkpoint, tensor))
            .toArray());
  }
}
