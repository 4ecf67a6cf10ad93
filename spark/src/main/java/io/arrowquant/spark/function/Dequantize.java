package io.arrowquant.spark.function;

import io.arrowquant.core.InvalidConfigException;
import java.io.Serializable;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;

/** {@code (code - zero_point) * scale}, in float32 as every reader of the format has it. */
public final class Dequantize implements Serializable {

  private static final long serialVersionUID = 1;

  /**
   * Weights of a row.
   *
   * @param codes of the row
   * @param scales one for each group
   * @param zeroPoints one for each group
   * @param groupSize codes of a group; the last may have fewer
   * @throws InvalidConfigException if there are more or fewer scales or zero points than groups
   */
  public ArrayData apply(ArrayData codes, ArrayData scales, ArrayData zeroPoints, int groupSize) {
    int count = codes.numElements();
    int groups = groupSize < 1 ? -1 : (int) ((count + groupSize - 1L) / groupSize);
    if (scales.numElements() != groups || zeroPoints.numElements() != groups) {
      throw new InvalidConfigException(
          "aq_dequantize: "
              + count
              + " codes in groups of "
              + groupSize
              + " need a scale and a zero point each; there are "
              + scales.numElements()
              + " scales and "
              + zeroPoints.numElements()
              + " zero points.");
    }
    byte[] code = codes.toByteArray();
    float[] scale = scales.toFloatArray();
    float[] zeroPoint = zeroPoints.toFloatArray();
    float[] weights = new float[count];
    for (int g = 0, i = 0; g < groups; g++) {
      for (int end = (int) Math.min(count, (long) i + groupSize); i < end; i++) {
        weights[i] = (code[i] - zeroPoint[g]) * scale[g];
      }
    }
    return UnsafeArrayData.fromPrimitiveArray(weights);
  }

  /** What Spark names a column without an alias after. */
  @Override
  public String toString() {
    return "aq_dequantize";
  }
}
