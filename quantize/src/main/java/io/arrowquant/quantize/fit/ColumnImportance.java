package io.arrowquant.quantize.fit;

import java.io.Serializable;
import java.util.Arrays;

/**
 * What squared errors in each column of a matrix count when scales and zero points are searched
 * for: proportional to the mean square of the activations that the column is multiplied with.
 * Immutable, so that all slices of a tensor may share one.
 */
public final class ColumnImportance implements Serializable {

  private static final long serialVersionUID = 1;

  /** Columns that are hardly used still count this much of the mean. */
  private static final float LEAST = 1e-3f;

  /** Of the mean. */
  private static final float MASSIVE = 8;

  private final float[] values;
  private final boolean even;
  private final boolean massive;

  private ColumnImportance(float[] values) {
    this.values = values;
    float least = Float.POSITIVE_INFINITY;
    float greatest = 0;
    for (float value : values) {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    even = least >= greatest;
    massive = greatest > MASSIVE;
  }

  /**
   * Divides by the mean, and raises what is less than a thousandth of it. If all columns have the
   * same importance, codes are those without.
   *
   * @param columns importance of each column on any scale; not kept
   * @throws IllegalArgumentException if one is negative or not finite
   */
  public static ColumnImportance of(float[] columns) {
    double sum = 0;
    for (int c = 0; c < columns.length; c++) {
      if (!(columns[c] >= 0 && columns[c] < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "the importance of column %d is %s, and a finite number from 0 is expected"
                .formatted(c, columns[c]));
      }
      sum += columns[c];
    }
    double mean = sum / columns.length;
    float[] values = new float[columns.length];
    for (int c = 0; c < columns.length; c++) {
      values[c] = mean > 0 ? Math.max(LEAST, (float) (columns[c] / mean)) : 1;
    }
    return new ColumnImportance(values);
  }

  /** Whether all columns count alike. */
  boolean isEven() {
    return even;
  }

  /** Whether a column counts so much more than most that its weights alone may set a range. */
  boolean isMassive() {
    return massive;
  }

  int columns() {
    return values.length;
  }

  /** 1 on average; not to be written to. */
  float[] values() {
    return values;
  }

  @Override
  public String toString() {
    return Arrays.toString(values);
  }
}
