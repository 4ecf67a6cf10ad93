package io.arrowquant.spark.source;

import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;

/** The columns of a batch of rows of one tensor. */
final class RowColumns {

  static final StructType SCHEMA =
      new StructType()
          .add("name", DataTypes.StringType, false)
          .add("row", DataTypes.LongType, false)
          .add("values", DataTypes.createArrayType(DataTypes.FloatType, false), true)
          .add("dtype", DataTypes.StringType, false)
          .add("shape", DataTypes.createArrayType(DataTypes.LongType, false), false);

  private static final FieldType FLOAT =
      FieldType.notNullable(new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE));
  private static final FieldType LONG = FieldType.notNullable(new ArrowType.Int(64, true));

  private final BufferAllocator allocator;
  private final TensorBytes bytes;
  private final CheckpointTensor tensor;
  private final RowRange rows;
  private final long firstRow;
  private final int count;
  private final Scaling scaling;

  /** Multiplies widened weights with what the source has beside them, if anything. */
  @FunctionalInterface
  interface Scaling {
    void apply(long firstRow, int count, ArrowBuf weights);
  }

  RowColumns(
      BufferAllocator allocator,
      TensorBytes bytes,
      CheckpointTensor tensor,
      RowRange rows,
      long firstRow,
      int count,
      Scaling scaling) {
    this.scaling = scaling;
    this.allocator = allocator;
    this.bytes = bytes;
    this.tensor = tensor;
    this.rows = rows;
    this.firstRow = firstRow;
    this.count = count;
  }

  /** A column, owned by the caller. */
  ColumnVector vector(String column) {
    return new ArrowColumnVector(
        switch (column) {
          case "name" -> text(column, tensor.name());
          case "row" -> rowNumbers(column);
          case "values" -> values(column);
          case "dtype" -> text(column, tensor.dtype().name());
          case "shape" -> shape(column);
          default -> throw new IllegalArgumentException(column);
        });
  }

  private ValueVector text(String column, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    VarCharVector vector = new VarCharVector(column, allocator);
    vector.allocateNew((long) utf8.length * count, count);
    for (int r = 0; r < count; r++) {
      vector.set(r, utf8);
    }
    vector.setValueCount(count);
    return vector;
  }

  private ValueVector rowNumbers(String column) {
    BigIntVector vector = new BigIntVector(column, allocator);
    vector.allocateNew(count);
    for (int r = 0; r < count; r++) {
      vector.set(r, firstRow + r);
    }
    vector.setValueCount(count);
    return vector;
  }

  private ValueVector shape(String column) {
    int rank = tensor.shape().size();
    try (ArrowBuf dimensions = allocator.buffer(Math.max(8, 8L * rank * count))) {
      for (int i = 0; i < rank * count; i++) {
        dimensions.setLong(8L * i, tensor.shape().get(i % rank));
      }
      return list(column, LONG, rank, dimensions);
    }
  }

  private ValueVector values(String column) {
    if (!Widening.supports(tensor.dtype())) {
      ListVector vector = ListVector.empty(column, allocator);
      vector.addOrGetVector(FLOAT);
      vector.allocateNew();
      vector.setValueCount(count);
      return vector;
    }
    int values = Math.toIntExact(count * rows.columns());
    int width = tensor.dtype().bits() / 8;
    long from = firstRow * rows.columns() * width;
    try (ArrowBuf source = bytes.read(tensor, from, (long) values * width)) {
      if (tensor.dtype() == DType.F32) {
        return list(column, FLOAT, Math.toIntExact(rows.columns()), source);
      }
      try (ArrowBuf widened = allocator.buffer(Math.max(4, 4L * values))) {
        Widening.widen(tensor.dtype(), source, widened, 0, values);
        scaling.apply(firstRow, count, widened);
        return list(column, FLOAT, Math.toIntExact(rows.columns()), widened);
      }
    }
  }

  /** Lists of equal length over elements that are in a buffer already; retains it. */
  private ListVector list(String column, FieldType element, int length, ArrowBuf elements) {
    int values = count * length;
    ListVector vector = ListVector.empty(column, allocator);
    vector.addOrGetVector(element);
    try (ArrowBuf valid = allocator.buffer((Math.max(count, values) + 7L) / 8 + 1);
        ArrowBuf offsets = allocator.buffer(4L * (count + 1))) {
      valid.setOne(0, valid.capacity());
      for (int r = 0; r <= count; r++) {
        offsets.setInt(4L * r, r * length);
      }
      vector.loadFieldBuffers(new ArrowFieldNode(count, 0), List.of(valid, offsets));
      vector
          .getDataVector()
          .loadFieldBuffers(new ArrowFieldNode(values, 0), List.of(valid, elements));
      return vector;
    }
  }
}
