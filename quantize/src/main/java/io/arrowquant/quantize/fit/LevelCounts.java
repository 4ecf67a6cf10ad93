package io.arrowquant.quantize.fit;

import java.util.List;
import java.util.stream.Stream;

/**
 * Sizes of a slice's codebooks.
 *
 * @param scaleBits bits of an index into the scale levels
 * @param zeroPointBits bits of an index into the zero-point levels
 */
record LevelCounts(int scaleBits, int zeroPointBits) {

  private static final List<LevelCounts> FOR_TWO_BITS =
      List.of(
          new LevelCounts(5, 4),
          new LevelCounts(6, 3),
          new LevelCounts(5, 5),
          new LevelCounts(6, 4),
          new LevelCounts(7, 4));

  private static final List<LevelCounts> FOR_MORE =
      List.of(
          new LevelCounts(4, 4),
          new LevelCounts(5, 3),
          new LevelCounts(5, 4),
          new LevelCounts(6, 3));

  private static final List<LevelCounts> FOR_SEVERAL =
      List.of(new LevelCounts(6, 6), new LevelCounts(8, 8));

  int scales() {
    return 1 << scaleBits;
  }

  int zeroPoints() {
    return 1 << zeroPointBits;
  }

  /**
   * Sizes to choose from by measured error and space.
   *
   * @param groupSize weights that share an index of each
   * @param shared whether tensors share the slice, so that more levels may pay for themselves
   */
  static List<LevelCounts> candidates(int bitWidth, int groupSize, boolean shared) {
    if (groupSize >= 24) {
      return groupSize < 48
          ? List.of(new LevelCounts(8, 7), new LevelCounts(7, 8))
          : List.of(new LevelCounts(8, 8));
    }
    List<LevelCounts> some = bitWidth == 2 ? FOR_TWO_BITS : FOR_MORE;
    return shared ? Stream.concat(some.stream(), FOR_SEVERAL.stream()).toList() : some;
  }

  /** Most bits that the indices of a group take, about, in a slice of one tensor. */
  static double mostBits(int bitWidth, int groupSize) {
    return bitWidth == 2 ? 10 : groupSize < 24 ? 8.4 : 16;
  }

  /**
   * A figure of merit, the less the better: the error at the rate of 6.02 dB for each bit of a
   * weight that indices and levels take.
   *
   * @param indexBits bits of the indices of a group
   * @param weights that share the levels
   */
  double cost(double error, double indexBits, int groupSize, long weights) {
    double levelBits = 32.0 * (scales() + zeroPoints());
    return error * StrictMath.pow(4, indexBits / groupSize + levelBits / weights);
  }
}
