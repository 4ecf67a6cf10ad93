package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;

/**
 * Least and greatest weight of consecutive groups, as the float32 they widen to. Works on the bits,
 * whose order as integers is that of the floats once the other bits of negatives are flipped; NaNs
 * then lie outermost, so one of the two is not finite if and only if a weight is not. One instance
 * per thread.
 */
public final class GroupRange {

  private static final GroupTwins TWINS = new GroupTwins();

  private final Widen widen;
  private final int[] bits = new int[Widen.STAGE];
  private final short[] halves = new short[Widen.STAGE];
  private final GroupTwins twins;

  /**
   * @param widen of the same thread
   */
  public GroupRange(Widen widen) {
    this(widen, TWINS);
  }

  GroupRange(Widen widen, GroupTwins twins) {
    this.widen = widen;
    this.twins = twins;
  }

  /**
   * Ranges of the groups of {@code sizes[0, groups)} weights each, all together at most {@link
   * Widen#STAGE}, into {@code lo} and {@code hi} from {@code first} on.
   */
  public void ranges(
      DType dtype, long address, int[] sizes, int groups, float[] lo, float[] hi, int first) {
    if (VectorApi.USABLE && areWhole(sizes, groups)) {
      twins.run(
          dtype,
          sizes,
          groups,
          of -> plain(dtype, address, sizes, of, lo, hi, first),
          of -> vector(dtype, address, sizes, of, lo, hi, first));
    } else {
      plain(dtype, address, sizes, groups, lo, hi, first);
    }
  }

  private static boolean areWhole(int[] sizes, int groups) {
    for (int g = 0; g < groups; g++) {
      if (sizes[g] % VectorRange.LANES != 0) {
        return false;
      }
    }
    return true;
  }

  private void vector(
      DType dtype, long address, int[] sizes, int groups, float[] lo, float[] hi, int first) {
    int total = GroupTwins.total(sizes, groups);
    if (dtype == DType.BF16) {
      widen.halves(address, total, halves);
      VectorRange.ranges(halves, sizes, groups, lo, hi, first);
    } else {
      widen.toBits(dtype, address, total, bits);
      VectorRange.ranges(bits, sizes, groups, lo, hi, first);
    }
  }

  private void plain(
      DType dtype, long address, int[] sizes, int groups, float[] lo, float[] hi, int first) {
    int total = GroupTwins.total(sizes, groups);
    boolean even = true;
    for (int g = 0; g < groups; g++) {
      even &= (sizes[g] & 1) == 0;
    }
    boolean pairs = even && dtype == DType.BF16;
    if (pairs) {
      widen.pairs(address, total / 2, bits);
    } else {
      widen.toBits(dtype, address, total, bits);
    }
    int from = 0;
    for (int g = 0; g < groups; g++) {
      int n = pairs ? sizes[g] / 2 : sizes[g];
      if (pairs) {
        pairRange(bits, from, n, lo, hi, first + g);
      } else {
        range(bits, from, n, lo, hi, first + g);
      }
      from += n;
    }
  }

  private static void range(int[] bits, int from, int n, float[] lo, float[] hi, int group) {
    int least = Integer.MAX_VALUE;
    int most = Integer.MIN_VALUE;
    for (int i = from; i < from + n; i++) {
      int b = bits[i];
      b ^= (b >> 31) >>> 1;
      least = Math.min(least, b);
      most = Math.max(most, b);
    }
    lo[group] = ordered(least);
    hi[group] = ordered(most);
  }

  /** The float32 whose bits were made to order as integers. */
  static float ordered(int bits) {
    return Float.intBitsToFloat(bits ^ (bits >> 31) >>> 1);
  }

  /** The same for two bfloat16 in each integer. */
  private static void pairRange(int[] pairs, int from, int n, float[] lo, float[] hi, int group) {
    int least = Integer.MAX_VALUE;
    int most = Integer.MIN_VALUE;
    for (int i = from; i < from + n; i++) {
      int b = pairs[i];
      int a = b << 16;
      a ^= (a >> 31) >>> 1;
      b = (b & 0xffff0000) ^ (b >> 31) >>> 1;
      least = Math.min(least, Math.min(a, b));
      most = Math.max(most, Math.max(a, b));
    }
    // The lower half of b was flipped too: cut it off, as bfloat16 has none.
    lo[group] = bfloat16(least);
    hi[group] = bfloat16(most);
  }

  /** The bfloat16 whose bits, the upper ones, were made to order as integers. */
  static float bfloat16(int ordered) {
    return Float.intBitsToFloat((ordered ^ (ordered >> 31) >>> 1) & 0xffff0000);
  }
}
