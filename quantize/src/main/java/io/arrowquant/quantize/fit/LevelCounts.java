package io.arrowquant.quantize.fit;

import java.util.List;

/**
 * Sizes of a slice's codebooks.
 *
 * @param scaleBits bits of an index into the scale levels
 * @param zeroPointBits bits of an index into the zero-point levels
 */
record LevelCounts(int scaleBits, int zeroPointBits) {

  int scales() {
    return 1 << scaleBits;
  }

  int zeroPoints() {
    return 1 << zeroPointBits;
  }

  int bits() {
    return scaleBits + zeroPointBits;
  }

  /**
   * Sizes to choose from by measured error. Those of a slice of one tensor take the same space;
   * where tensors share a slice, more levels may pay for themselves.
   *
   * @param groupSize weights that share an index of each
   */
  static List<LevelCounts> candidates(int bitWidth, int groupSize, boolean shared) {
    if (groupSize >= 24) {
      return groupSize < 48
          ? List.of(new LevelCounts(8, 7), new LevelCounts(7, 8))
          : List.of(new LevelCounts(8, 8));
    }
    if (shared) {
      return List.of(
          new LevelCounts(4, 4),
          new LevelCounts(5, 4),
          new LevelCounts(6, 4),
          new LevelCounts(6, 6),
          new LevelCounts(8, 8));
    }
    return bitWidth == 2
        ? List.of(new LevelCounts(5, 4), new LevelCounts(6, 3))
        : List.of(new LevelCounts(4, 4), new LevelCounts(5, 3));
  }

  /** A figure of merit, the less the better: the error at the rate of 6.02 dB for each bit. */
  double cost(double error, int groupSize) {
    return error * StrictMath.pow(4, (double) bits() / groupSize);
  }
}
