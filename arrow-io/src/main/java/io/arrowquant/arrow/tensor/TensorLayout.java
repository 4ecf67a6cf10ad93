package io.arrowquant.arrow.tensor;

import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.safetensors.DType;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.complex.BaseRepeatedValueVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;

/**
 * How a tensor's bytes lie in Arrow vectors: rows of a fixed-size list, or plain values, each row
 * being one value then.
 *
 * @param field named as the tensor
 * @param rows in all
 * @param rowValues Arrow values in a row
 * @param rowBytes bytes in a row
 */
record TensorLayout(Field field, long rows, long rowValues, long rowBytes) {

  /**
   * What one vector may hold.
   *
   * @param values Arrow counts them in an int
   * @param bytes one mapping has no more
   */
  record Limits(int values, int bytes) {
    static final Limits ARROW = new Limits(Integer.MAX_VALUE, Integer.MAX_VALUE);
  }

  /** The fields inside lists, made once: a checkpoint may have 100,000 tensors. */
  private static final Map<DType, Field> LIST_VALUES =
      Stream.of(DType.values())
          .collect(
              Collectors.toUnmodifiableMap(
                  Function.identity(),
                  dtype ->
                      new Field(
                          BaseRepeatedValueVector.DATA_VECTOR_NAME,
                          FieldType.notNullable(element(dtype)),
                          null)));

  /** Rows of a matrix in the tensor's own type. */
  static TensorLayout matrix(String name, DType dtype, List<Long> shape) {
    return matrix(name, dtype, dtype, shape);
  }

  /** Rows of a matrix of float32, whatever the tensor's own type. */
  static TensorLayout float32(String name, DType dtype, List<Long> shape) {
    return matrix(name, dtype, DType.F32, shape);
  }

  /** Plain values in the tensor's own type. */
  static TensorLayout flat(String name, DType dtype, List<Long> shape) {
    int width = bytesPerValue(dtype);
    Field field = new Field(name, fieldType(element(dtype), dtype, shape), null);
    return new TensorLayout(field, byteSize(dtype, shape) / width, 1, width);
  }

  private static TensorLayout matrix(String name, DType dtype, DType stored, List<Long> shape) {
    MatrixShape matrix = MatrixShape.of(name, shape);
    int width = bytesPerValue(stored);
    long rows = matrix.rows();
    long rowValues = matrix.columns();
    if (stored.subByte()) {
      // Raw bytes: of each row where rows end with a byte, else of the whole tensor as one row.
      boolean wholeBytes = rowValues * stored.bits() % 8 == 0;
      rowValues = wholeBytes ? rowValues * stored.bits() / 8 : byteSize(stored, shape);
      rows = wholeBytes ? rows : 1;
    }
    if (rowValues > Integer.MAX_VALUE) {
      if (rows > 0) {
        throw new MemoryLimitException(
            "Tensor "
                + QuotedName.of(name)
                + " has rows of "
                + rowValues
                + " values, an Arrow list holds at most "
                + Integer.MAX_VALUE
                + ".");
      }
      rowValues = 0;
    }
    ArrowType list = new ArrowType.FixedSizeList((int) rowValues);
    Field field = new Field(name, fieldType(list, dtype, shape), List.of(LIST_VALUES.get(stored)));
    return new TensorLayout(field, rows, rowValues, rowValues * width);
  }

  private static FieldType fieldType(ArrowType type, DType dtype, List<Long> shape) {
    return new FieldType(
        false,
        type,
        null,
        Map.of("arrowquant.dtype", dtype.name(), "arrowquant.shape", shape.toString()));
  }

  /** Bytes that the tensor has in the file. */
  private static long byteSize(DType dtype, List<Long> shape) {
    if (shape.contains(0L)) {
      return 0;
    }
    long bits = dtype.bits();
    for (long dimension : shape) {
      bits *= dimension;
    }
    return bits >> 3;
  }

  private static int bytesPerValue(DType dtype) {
    return Math.max(1, dtype.bits() / 8);
  }

  /** The Arrow type that holds an element's bytes as they are; raw bits where Arrow has no such. */
  static ArrowType element(DType dtype) {
    return switch (dtype) {
      case F16 -> new ArrowType.FloatingPoint(FloatingPointPrecision.HALF);
      case F32 -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
      case F64 -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
      case I8, I16, I32, I64 -> new ArrowType.Int(dtype.bits(), true);
      case U8, U16, U32, U64 -> new ArrowType.Int(dtype.bits(), false);
      case BF16 -> new ArrowType.Int(16, false);
      case BOOL, F8_E4M3, F8_E5M2, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, F4, F6_E2M3, F6_E3M2 ->
          new ArrowType.Int(8, false);
      case C64 -> new ArrowType.FixedSizeBinary(8);
    };
  }

  /**
   * Most rows in one vector.
   *
   * @throws MemoryLimitException if not even one row fits
   */
  int rowsPerBatch(Limits limits) {
    long most =
        Math.min(limits.values() / Math.max(1, rowValues), limits.bytes() / Math.max(1, rowBytes));
    if (most == 0 && rows > 0) {
      throw new MemoryLimitException(
          "Tensor "
              + QuotedName.of(field.getName())
              + " has rows of "
              + rowBytes
              + " bytes, one vector holds at most "
              + limits.bytes()
              + ".");
    }
    return (int) Math.min(most, rows);
  }

  /** Makes an existing vector of this field hold some rows instead of what it held. */
  void load(FieldVector vector, int rowCount, ArrowBuf bytes, AllValid validity) {
    int values = Math.toIntExact(rowCount * rowValues);
    try (ArrowBuf valid = validity.bits(Math.max(rowCount, values))) {
      FieldVector elements = vector;
      if (vector instanceof FixedSizeListVector list) {
        list.loadFieldBuffers(new ArrowFieldNode(rowCount, 0), List.of(valid));
        elements = list.getDataVector();
      }
      elements.loadFieldBuffers(new ArrowFieldNode(values, 0), List.of(valid, bytes));
    }
  }
}
