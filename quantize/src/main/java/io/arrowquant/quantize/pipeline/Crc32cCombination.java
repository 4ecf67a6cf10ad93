package io.arrowquant.quantize.pipeline;

/**
 * The CRC-32C of two byte strings one after the other, from theirs. A CRC is linear over GF(2):
 * appending n bytes multiplies it by the n-th power of the matrix that appends one.
 */
public final class Crc32cCombination {

  /** Castagnoli's polynomial, bits reversed. */
  private static final int POLYNOMIAL = 0x82f63b78;

  private Crc32cCombination() {}

  /**
   * @param first CRC of the first string
   * @param second CRC of the second
   * @param secondLength bytes of the second
   */
  public static int combine(int first, int second, long secondLength) {
    int[] power = oneZeroBit();
    power = square(square(square(power)));
    int crc = first;
    for (long n = secondLength; n != 0; n >>>= 1) {
      if ((n & 1) != 0) {
        crc = times(power, crc);
      }
      power = square(power);
    }
    return crc ^ second;
  }

  /** The matrix, by columns, that appends one zero bit. */
  private static int[] oneZeroBit() {
    int[] matrix = new int[32];
    matrix[0] = POLYNOMIAL;
    for (int i = 1; i < 32; i++) {
      matrix[i] = 1 << i - 1;
    }
    return matrix;
  }

  private static int[] square(int[] matrix) {
    int[] square = new int[32];
    for (int i = 0; i < 32; i++) {
      square[i] = times(matrix, matrix[i]);
    }
    return square;
  }

  private static int times(int[] matrix, int vector) {
    int product = 0;
    for (int i = 0, v = vector; v != 0; i++, v >>>= 1) {
      if ((v & 1) != 0) {
        product ^= matrix[i];
      }
    }
    return product;
  }
}
