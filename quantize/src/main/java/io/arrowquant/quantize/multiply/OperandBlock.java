package io.arrowquant.quantize.multiply;

/**
 * What a block of integers of a row is multiplied with, and whose scales its sums take.
 *
 * @param first the block's first integer in the row
 * @param length integers, a multiple of {@link RowShape#LANES}
 * @param planes what field {@code f} of integer {@code i} of the block is multiplied with, at
 *     {@code f * length + i}
 * @param groups the scale group of each integer of the row, see {@link RowShape#groups}
 */
record OperandBlock(RowShape shape, int first, int length, float[] planes, int[] groups) {}
