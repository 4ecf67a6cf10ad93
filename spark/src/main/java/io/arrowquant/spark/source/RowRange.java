package io.arrowquant.spark.source;

import io.arrowquant.arrow.tensor.MatrixShape;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import io.arrowquant.core.safetensors.TensorInfo;
import io.arrowquant.quantize.plan.WeightScale;
import io.arrowquant.spark.hadoop.HadoopPaths;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.connector.read.InputPartition;

/**
 * Rows of one tensor's matrix, with all that an executor needs to read them.
 *
 * @param location of the file
 * @param fileSize bytes of the file when its header was read
 * @param dataStart where its data begins
 * @param name of the tensor
 * @param begin first byte of the tensor, counted from the start of the data
 * @param end byte after its last
 * @param columns of the matrix
 * @param firstRow first row
 * @param rows how many
 * @param scale all of the tensor of scales that the values are multiplied with; null without
 */
record RowRange(
    String location,
    long fileSize,
    long dataStart,
    String name,
    DType dtype,
    List<Long> shape,
    long begin,
    long end,
    long columns,
    long firstRow,
    long rows,
    RowRange scale)
    implements Serializable {

  /** Source bytes of a task, about: enough to outweigh its start, few enough to spread. */
  static final long TASK_BYTES = 64L << 20;

  private static final long serialVersionUID = 1;

  /** What one task reads. */
  record Task(List<RowRange> ranges) implements InputPartition {}

  RowRange {
    shape = new ArrayList<>(shape); // Spark's other serializers know it
  }

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
    SafeTensorsHeader file = tensor.file();
    return new RowRange(
        HadoopPaths.location(file.file()),
        file.fileSize(),
        file.dataStart(),
        tensor.name(),
        tensor.dtype(),
        tensor.shape(),
        tensor.info().begin(),
        tensor.info().end(),
        matrix.columns(),
        0,
        matrix.rows(),
        scale);
  }

  /** Large tensors are cut between rows; small ones that follow each other share a task. */
  static List<List<RowRange>> tasks(Checkpoint checkpoint, List<CheckpointTensor> tensors) {
    List<List<RowRange>> tasks = new ArrayList<>();
    List<RowRange> task = new ArrayList<>();
    long bytes = 0;
    for (CheckpointTensor tensor : tensors) {
      RowRange all = of(checkpoint, tensor);
      long perRow = Math.max(1, tensor.byteSize() / Math.max(1, all.rows()));
      long most = Math.max(1, TASK_BYTES / perRow);
      for (long row = 0; row < all.rows(); row += most) {
        RowRange range = all.part(row, Math.min(most, all.rows() - row));
        if (!task.isEmpty() && bytes + perRow * range.rows() > TASK_BYTES) {
          tasks.add(task);
          task = new ArrayList<>();
          bytes = 0;
        }
        task.add(range);
        bytes += perRow * range.rows();
      }
    }
    if (!task.isEmpty()) {
      tasks.add(task);
    }
    return tasks;
  }

  private RowRange part(long row, long count) {
    return new RowRange(
        location, fileSize, dataStart, name, dtype, shape, begin, end, columns, row, count, scale);
  }

  /** The tensor, on the machine that reads it. */
  CheckpointTensor tensor(Configuration hadoop) {
    TensorInfo info = new TensorInfo(name, dtype, shape, begin, end);
    SafeTensorsHeader header =
        new SafeTensorsHeader(
            HadoopPaths.of(location, hadoop), fileSize, dataStart, Map.of(), List.of(info));
    return new CheckpointTensor(name, info, header);
  }
}
