package io.arrowquant.quantize.pipeline;

/**
 * The CRC-32C of two byte strings one after the other, from theirs. A CRC is linear over GF(2):
 * appending n bytes multiplies it by the n-th power of the matrix that appends one.
 */
public final class Crc32cCombination {

  /** Castagnoli's polynomial, bits reversed. */
  private static final int POLYNOMIAL = 0x82f63b78;

  /** The matrix, by columns, that appends 2^k zero bytes, for each k. */
  private static final int[][] POWERS = powers();

  private Crc32cCombination() {}

  /**
   * @param first CRC of the first string
   * @param second CRC of the second
   * @param secondLength bytes of the second
   */
  public static int combine(int first, int second, long secondLength) {
    int crc = first;
    for (long n = secondLength; n != 0; n &= n - 1) {
      crc = times(POWERS[Long.numberOfTrailingZeros(n)], crc);
    }
    return crc ^ second;
  }

  private static int[][] powers() {
    int[][] powers = new int[Long.SIZE - 1][];
    int[] power = square(square(square(oneZeroBit())));
    for (int k = 0; k < powers.length; k++) {
      powers[k] = power;
      power = square(power);
    }
    return powers;
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
