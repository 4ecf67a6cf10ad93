package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.PackedStrip;

/**
 * How codes fall into little-endian 32-bit integers: a lane is the shortest run of whole integers
 * that holds whole codes.
 *
 * @param bits of a code
 * @param ints integers of a lane
 * @param codes codes of a lane
 */
record LaneShape(int bits, int ints, int codes) {

  static LaneShape of(int bits) {
    int common = Integer.lowestOneBit(bits | Integer.SIZE);
    return new LaneShape(bits, bits / common, Integer.SIZE / common);
  }

  /** Parts of a lane that belong to scale groups of their own. */
  int parts(int groupSize) {
    return Math.max(1, codes / groupSize);
  }

  /** Whether lanes and scale groups of a row divide each other, and rows are whole lanes. */
  boolean fits(PackedStrip strip) {
    return strip.firstCode() % codes == 0
        && strip.columns() % codes == 0
        && (strip.groupSize() % codes == 0 || codes % strip.groupSize() == 0);
  }
}
