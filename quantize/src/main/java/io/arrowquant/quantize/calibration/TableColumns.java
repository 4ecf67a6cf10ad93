package io.arrowquant.quantize.calibration;

import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.arrow.vector.BaseIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.FloatingPointVector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.BaseListVector;
import org.apache.arrow.vector.complex.LargeListVector;

/**
 * Values of a batch whose columns may have any type that holds what is asked for: whoever wrote the
 * file chose. Nulls are errors.
 */
record TableColumns(Path file, VectorSchemaRoot root) {

  boolean has(String column) {
    return root.getVector(column) != null;
  }

  String text(String column, int row) {
    FieldVector vector = vector(column, row);
    if (vector instanceof VarCharVector text) {
      return new String(text.get(row), StandardCharsets.UTF_8);
    }
    if (vector instanceof LargeVarCharVector text) {
      return new String(text.get(row), StandardCharsets.UTF_8);
    }
    throw unexpected(vector, "text");
  }

  int integer(String column, int row) {
    FieldVector vector = vector(column, row);
    if (vector instanceof BaseIntVector integers) {
      long value = integers.getValueAsLong(row);
      if (value == (int) value) {
        return (int) value;
      }
    }
    throw unexpected(vector, "integers of 32 bits");
  }

  double number(String column, int row) {
    return number(vector(column, row), row);
  }

  /** All numbers of a list, those of lists in it one after the other. */
  float[] numbers(String column, int row) {
    FieldVector list = vector(column, row);
    return flatten(list, row, row + 1, list);
  }

  private float[] flatten(ValueVector values, long from, long to, FieldVector column) {
    if (from == to) {
      return new float[0];
    }
    int first = Math.toIntExact(from);
    int last = Math.toIntExact(to) - 1;
    if (values instanceof BaseListVector lists) {
      ValueVector child = (ValueVector) lists.getChildrenFromFields().get(0);
      return flatten(
          child, lists.getElementStartIndex(first), lists.getElementEndIndex(last), column);
    }
    if (values instanceof LargeListVector lists) {
      return flatten(
          lists.getDataVector(),
          lists.getElementStartIndex(first),
          lists.getElementEndIndex(last),
          column);
    }
    float[] numbers = new float[last + 1 - first];
    for (int i = 0; i < numbers.length; i++) {
      if (values.isNull(first + i)) {
        throw unexpected(column, "no nulls");
      }
      numbers[i] = (float) number(values, first + i);
    }
    return numbers;
  }

  private double number(ValueVector values, int at) {
    if (values instanceof FloatingPointVector floats) {
      return floats.getValueAsDouble(at);
    }
    if (values instanceof BaseIntVector integers) {
      return integers.getValueAsLong(at);
    }
    throw unexpected(values, "numbers");
  }

  private FieldVector vector(String column, int row) {
    FieldVector vector = root.getVector(column);
    if (vector.isNull(row)) {
      throw unexpected(vector, "no nulls");
    }
    return vector;
  }

  private InvalidCalibrationException unexpected(ValueVector vector, String expected) {
    return new InvalidCalibrationException(
        QuotedName.of(file)
            + " has a column "
            + QuotedName.of(vector.getName())
            + " of "
            + vector.getField().getType()
            + " that holds something else; expected "
            + expected
            + ".");
  }
}
