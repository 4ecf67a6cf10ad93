package io.arrowquant.spark.function;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.Method;
import io.arrowquant.quantize.pipeline.LayerQuantizer;
import io.arrowquant.quantize.plan.Treatment;
import java.io.Serializable;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** One row quantized by itself, with method {@code fast}. Each task has an instance of its own. */
public final class Quantize implements Serializable {

  static final DataType RESULT =
      new StructType()
          .add("codes", DataTypes.createArrayType(DataTypes.ByteType, false), false)
          .add("scales", DataTypes.createArrayType(DataTypes.FloatType, false), false)
          .add("zero_points", DataTypes.createArrayType(DataTypes.FloatType, false), false);

  private static final long serialVersionUID = 1;

  /** Holds no memory between calls, so it may be left to the garbage collector. */
  private transient BufferAllocator allocator;

  private transient LayerQuantizer quantizer;

  /**
   * @param values weights
   * @param bits 2, 3, 4, 5, 6 or 8
   * @param groupSize weights that share a scale, 16 to 1024
   * @return codes, scales and zero points; null if a value is NaN or infinite
   * @throws InvalidConfigException if the width or the group size is none of ours
   */
  public InternalRow apply(ArrayData values, int bits, int groupSize) {
    if (!CodeLimits.BIT_WIDTHS.contains(bits)
        || groupSize < CodeLimits.LEAST_GROUP
        || groupSize > CodeLimits.MOST_GROUP) {
      throw new InvalidConfigException(
          "aq_quantize takes widths of "
              + CodeLimits.BIT_WIDTHS
              + " bits and groups of "
              + CodeLimits.LEAST_GROUP
              + " to "
              + CodeLimits.MOST_GROUP
              + "; it was given "
              + bits
              + " bits and groups of "
              + groupSize
              + ".");
    }
    if (quantizer == null) {
      allocator = new RootAllocator();
      quantizer = new LayerQuantizer(allocator);
    }
    float[] weights = values.toFloatArray();
    if (weights.length == 0) {
      return new GenericInternalRow(new Object[] {empty(), empty(), empty()});
    }
    try (ArrowBuf source = allocator.buffer(4L * weights.length)) {
      for (int i = 0; i < weights.length; i++) {
        source.setFloat(4L * i, weights[i]);
      }
      Treatment.Quantize treatment = new Treatment.Quantize(bits, groupSize, Method.FAST);
      try (VectorSchemaRoot rows =
          quantizer.quantize(0, "values", treatment, source, 1, weights.length)) {
        return row(rows);
      }
    }
  }

  private static ArrayData empty() {
    return UnsafeArrayData.fromPrimitiveArray(new byte[0]);
  }

  private static InternalRow row(VectorSchemaRoot rows) {
    ListVector codes = (ListVector) rows.getVector("codes");
    if (codes.isNull(0)) {
      return null;
    }
    TinyIntVector elements = (TinyIntVector) codes.getDataVector();
    byte[] all = new byte[elements.getValueCount()];
    for (int i = 0; i < all.length; i++) {
      all[i] = elements.get(i);
    }
    return new GenericInternalRow(
        new Object[] {
          UnsafeArrayData.fromPrimitiveArray(all),
          floats(rows, "scales"),
          floats(rows, "zero_points")
        });
  }

  private static ArrayData floats(VectorSchemaRoot rows, String column) {
    Float4Vector elements = (Float4Vector) ((ListVector) rows.getVector(column)).getDataVector();
    float[] all = new float[elements.getValueCount()];
    for (int i = 0; i < all.length; i++) {
      all[i] = elements.get(i);
    }
    return UnsafeArrayData.fromPrimitiveArray(all);
  }

  /** What Spark names a column without an alias after. */
  @Override
  public String toString() {
    return "aq_quantize";
  }
}
