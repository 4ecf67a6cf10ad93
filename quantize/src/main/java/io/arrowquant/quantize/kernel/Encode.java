package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.measure.ErrorSums;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Codes, packs and measures whole groups of octets. One instance per thread.
 *
 * <p>Sums are float32 within eight weights and float64 beyond; {@link EncodeGroup} adds in the same
 * order.
 */
public final class Encode {

  private static final GroupTwins TWINS = new GroupTwins();

  private final OctetCoder plain;
  private final OctetCoder vector;
  private final GroupTwins twins;
  private final Octets block = new Octets();

  /**
   * @param widen of the same thread
   */
  public Encode(Widen widen) {
    this(widen, TWINS);
  }

  Encode(Widen widen, GroupTwins twins) {
    this.plain = new PlainOctets(widen);
    this.vector = VectorApi.USABLE ? new VectorOctets(widen) : plain;
    this.twins = twins;
  }

  /**
   * Encodes consecutive groups.
   *
   * @param address the source weights, finite
   * @param sizes weights of each group, multiples of eight, all together at most {@link
   *     Widen#STAGE}
   * @param groups how many groups
   * @param scales their scales from {@code first} on, each from {@link EncodeGroup#MIN_SCALE} to
   *     {@link EncodeGroup#MAX_SCALE}
   * @param zeroPoints their zero points from {@code first} on
   * @param target where the packed codes go; up to {@link Pack#SLACK} bytes after them are
   *     overwritten
   */
  public void groups(
      DType dtype,
      long address,
      int[] sizes,
      int groups,
      float[] scales,
      float[] zeroPoints,
      int first,
      int bits,
      long target,
      ErrorSums sums) {
    int octets = GroupTwins.total(sizes, groups) / 8;
    twins.run(
        dtype,
        sizes,
        groups,
        of -> code(plain, dtype, address, sizes, of, scales, zeroPoints, first, bits),
        of -> code(vector, dtype, address, sizes, of, scales, zeroPoints, first, bits));
    store(block.low, block.high, bits, target, octets);
    for (int g = 0; g < groups; g++) {
      sums.addGroup(
          sizes[g],
          block.groupSum[g],
          block.groupSquares[g],
          block.groupCross[g],
          block.groupErrorSquares[g]);
    }
    sums.addMaxAbsError(block.worst);
  }

  private void code(
      OctetCoder coder,
      DType dtype,
      long address,
      int[] sizes,
      int groups,
      float[] scales,
      float[] zeroPoints,
      int first,
      int bits) {
    int octets = spread(sizes, groups, scales, zeroPoints, first);
    coder.code(dtype, address, octets, bits, block);
    coder.fold(sizes, groups, block);
  }

  /** Gives each octet the scale and zero point of its group. */
  private int spread(int[] sizes, int groups, float[] scales, float[] zeroPoints, int first) {
    int to = 0;
    for (int g = 0; g < groups; g++) {
      int from = to;
      to += sizes[g] / 8;
      float s = scales[first + g];
      float z = zeroPoints[first + g];
      for (int i = from; i < to; i++) {
        block.scale[i] = s;
        block.zeroPoint[i] = z;
      }
    }
    Lanes.invert(block.scale, block.inverse, to);
    return to;
  }

  private static void store(int[] low, int[] high, int bits, long target, int n) {
    for (int i = 0; i < n; i++) {
      long octet = low[i] & 0xffffffffL | (long) high[i] << 4 * bits;
      MemoryUtil.putLong(target, octet);
      target += bits;
    }
  }
}
