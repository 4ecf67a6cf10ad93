package io.arrowquant.spark.source;

import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** The columns of the table of tensors, all known from headers. */
final class TensorColumns {

  static final StructType SCHEMA =
      new StructType()
          .add("name", DataTypes.StringType, false)
          .add("dtype", DataTypes.StringType, false)
          .add("shape", DataTypes.createArrayType(DataTypes.LongType, false), false)
          .add("num_params", DataTypes.LongType, false)
          .add("size_bytes", DataTypes.LongType, false)
          .add("file", DataTypes.StringType, false)
          .add("position", DataTypes.LongType, false);

  private TensorColumns() {}

  /** A column of a tensor, in Spark's own types. */
  static Object value(String column, Checkpoint checkpoint, CheckpointTensor tensor) {
    return switch (column) {
      case "name" -> UTF8String.fromString(tensor.name());
      case "dtype" -> UTF8String.fromString(tensor.dtype().name());
      case "shape" ->
          ArrayData.toArrayData(tensor.shape().stream().mapToLong(Long::longValue).toArray());
      case "num_params" -> tensor.elementCount();
      case "size_bytes" -> tensor.byteSize();
      case "file" -> UTF8String.fromString(checkpoint.relative(tensor.file().file()));
      case "position" -> tensor.position();
      default -> throw new IllegalArgumentException(column);
    };
  }
}
