package io.arrowquant.arrow.parquet;

import java.util.Locale;

/** How a tensor's shape became a matrix {@code [rows, columns]}; groups run along the columns. */
public enum Flattening {
  /** Rank 0: {@code [1, 1]}. */
  SCALAR,
  /** Rank 1: {@code [1, n]}. */
  VECTOR,
  /** Rank 2, as it is. */
  MATRIX,
  /** {@code [d0, d1, d2, ...]} as {@code [d0, d1 * d2 * ...]}. */
  CONVOLUTION,
  /** {@code [d0, d1, d2]}, matrices one above the other, as {@code [d0 * d1, d2]}. */
  STACKED,
  /** All elements in one row, where rows would not be whole bytes. */
  FLAT;

  /** The lower-case word stored in files. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
