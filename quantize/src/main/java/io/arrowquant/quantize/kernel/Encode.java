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

  /** Octets on which a twin is tried. */
  private static final int TRIAL = 32;

  /** Twins differ in how they read, so that one of them may be compiled and the other not. */
  private static final Contest OF_PAIRS = new Contest(VectorApi.USABLE);

  private static final Contest OF_OTHERS = new Contest(VectorApi.USABLE);

  private final OctetCoder plain;
  private final OctetCoder vector;
  private final Contest ofPairs;
  private final Contest ofOthers;
  private final Octets block = new Octets();

  /**
   * @param widen of the same thread
   */
  public Encode(Widen widen) {
    this(widen, OF_PAIRS, OF_OTHERS);
  }

  Encode(Widen widen, Contest ofPairs, Contest ofOthers) {
    this.plain = new PlainOctets(widen);
    this.vector = VectorApi.USABLE ? new VectorOctets(widen) : plain;
    this.ofPairs = ofPairs;
    this.ofOthers = ofOthers;
  }

  /**
   * Whether this JVM has kernels in the Vector API. A run begins with scalar loops all the same,
   * and goes over once the JIT compiler has made the others faster.
   */
  public static boolean hasVectorApi() {
    return VectorApi.USABLE;
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
    int octets = spread(sizes, groups, scales, zeroPoints, first);
    Contest contest = dtype == DType.BF16 ? ofPairs : ofOthers;
    if (contest.won()) {
      code(vector, dtype, address, sizes, groups, octets, bits);
    } else if (contest.open() && octets > TRIAL && contest.due()) {
      int tried = 0;
      int of = 0;
      while (of < groups && (contest.near() || tried < TRIAL)) {
        tried += sizes[of++] / 8;
      }
      long start = System.nanoTime();
      code(vector, dtype, address, sizes, of, tried, bits);
      contest.twin(System.nanoTime() - start, tried);
      if (of < groups) {
        // The twin filled its last vector up with scales of its own, where those of others lay.
        spread(sizes, groups, scales, zeroPoints, first);
        start = System.nanoTime();
        code(plain, dtype, address, sizes, groups, octets, bits);
        contest.plain(System.nanoTime() - start, octets);
      }
    } else {
      code(plain, dtype, address, sizes, groups, octets, bits);
    }
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
      OctetCoder coder, DType dtype, long address, int[] sizes, int groups, int octets, int bits) {
    coder.code(dtype, address, octets, bits, block);
    coder.fold(sizes, groups, block);
  }

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
    invert(block.scale, block.inverse, to);
    return to;
  }

  private static void invert(float[] scale, float[] inverse, int n) {
    for (int i = 0; i < n; i++) {
      inverse[i] = 1 / scale[i];
    }
  }

  private static void store(int[] low, int[] high, int bits, long target, int n) {
    for (int i = 0; i < n; i++) {
      long octet = low[i] & 0xffffffffL | (long) high[i] << 4 * bits;
      MemoryUtil.putLong(target, octet);
      target += bits;
    }
  }
}
