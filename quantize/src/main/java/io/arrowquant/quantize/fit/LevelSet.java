package io.arrowquant.quantize.fit;

/**
 * Levels of scales and of zero points, each with what storing its index costs.
 *
 * @param scales ascending, positive
 * @param scaleBits for each of them the bits of its index once they are compressed
 * @param zeroPoints ascending
 * @param zeroPointBits for each of them
 * @param bitPrice what a bit has to save, in squared errors times their importance
 */
record LevelSet(
    float[] scales, float[] scaleBits, float[] zeroPoints, float[] zeroPointBits, float bitPrice) {

  /** Index of the level that is most frequent. */
  static int cheapest(float[] bits) {
    int cheapest = 0;
    for (int k = 1; k < bits.length; k++) {
      cheapest = bits[k] < bits[cheapest] ? k : cheapest;
    }
    return cheapest;
  }
}
