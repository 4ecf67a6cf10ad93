package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.PackedStrip;

/**
 * Products of a few rows with a vector, a block of integers at a time. All implementations round in
 * the same places, and so give the same bits:
 *
 * <ul>
 *   <li>an integer's fields times x are added one after the other,
 *   <li>that sum times its group's scale is added to the lane of the integer's number modulo {@link
 *       RowShape#LANES}.
 * </ul>
 */
sealed interface RowKernel permits PlainRows, VectorRows {

  /** Rows at once. */
  int ROWS = 4;

  /**
   * Adds a block.
   *
   * @param strip has the rows
   * @param bits of the strip's page at which the block begins in each row
   * @param firstGroups index of the first of each row's scales
   * @param operand what the rows are multiplied with
   * @param lanes of each row, which the products are added to
   */
  void add(
      PackedStrip strip, long[] bits, int[] firstGroups, OperandBlock operand, float[][] lanes);

  /** Forgets the strip of the calls before: it may be closed now. */
  default void forget() {}
}
