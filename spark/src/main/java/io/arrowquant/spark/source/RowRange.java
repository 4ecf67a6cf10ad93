package io.arrowquant.spark.source;

import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.quantize.plan.WeightScale;
import io.arrowquant.spark.hadoop.HadoopPaths;
import io.arrowquant.spark.hadoop.ShippedBytes;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.connector.read.InputPartition;

/**
 * Rows of one tensor's matrix, with all that an executor needs to read them.
 *
 * @param columns of the matrix
 * @param firstRow first row
 * @param rows how many
 * @param scale all of the tensor of scales that the values are multiplied with; null without
 */
record RowRange(ShippedBytes bytes, long columns, long firstRow, long rows, RowRange scale)
    implements Serializable {

  /** Source bytes of a task, about: enough to outweigh its start, few enough to spread. */
  static final long TASK_BYTES = 64L << 20;

  private static final long serialVersionUID = 1;

  /** What one task reads. */
  record Task(List<RowRange> ranges) implements InputPartition {}

  /** All rows of a tensor of a checkpoint. */
  static RowRange of(Checkpoint checkpoint, CheckpointTensor tensor) {
    return of(
        tensor,
        WeightScale.of(tensor, checkpoint::tensor)
            .map(scale -> of(scale.tensor(), null))
            .orElse(null));
  }

  private static RowRange of(CheckpointTensor tensor, RowRange scale) {
    MatrixShape matrix = MatrixShape.of(tensor.name(), tensor.shape());
    return new RowRange(ShippedBytes.of(tensor), matrix.columns(), 0, matrix.rows(), scale);
  }

  /** Large tensors are cut between rows; small ones that follow each other share a task. */
  static List<List<RowRange>> tasks(Checkpoint checkpoint, List<CheckpointTensor> tensors) {
    List<List<RowRange>> tasks = new ArrayList<>();
    List<RowRange> task = new ArrayList<>();
    long gathered = 0;
    for (CheckpointTensor tensor : tensors) {
      RowRange all = of(checkpoint, tensor);
      long perRow = Math.max(1, tensor.byteSize() / Math.max(1, all.rows()));
      long most = Math.max(1, TASK_BYTES / perRow);
      for (long row = 0; row < all.rows(); row += most) {
        RowRange range = all.part(row, Math.min(most, all.rows() - row));
        if (!task.isEmpty() && gathered + perRow * range.rows() > TASK_BYTES) {
          tasks.add(task);
          task = new ArrayList<>();
          gathered = 0;
        }
        task.add(range);
        gathered += perRow * range.rows();
      }
    }
    if (!task.isEmpty()) {
      tasks.add(task);
    }
    return tasks;
  }

  private RowRange part(long row, long count) {
    return new RowRange(bytes, columns, row, count, scale);
  }

  /** The tensor, on the machine that reads it. */
  CheckpointTensor tensor(Configuration hadoop) {
    return bytes.tensor(location -> HadoopPaths.of(location, hadoop));
  }
}
