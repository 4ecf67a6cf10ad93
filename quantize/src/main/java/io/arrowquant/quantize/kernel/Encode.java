package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.measure.ErrorSums;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Codes, packs and measures whole groups of eight weights. Weights lie in eight planes, the k-th
 * with the k-th of every eight: then neighbours on disk are elements of the same place in different
 * planes, and packing, like the sums of a group, needs no step across the elements of a vector.
 * Every loop writes one array and reads all arrays at the same place, which is what the JIT
 * compiler vectorizes. One instance per thread.
 *
 * <p>Sums are float32 within eight weights and float64 beyond; {@link EncodeGroup} adds in the same
 * order.
 */
public final class Encode {

  static final int OCTETS = Widen.STAGE / 8;

  /** Before, conversions between floats and integers run one by one, and a detour is faster. */
  private static final boolean CASTS_ARE_VECTORIZED = Runtime.version().feature() >= 21;

  private final Widen widen;
  private final float[][] weights = new float[8][OCTETS];
  private final float[][] errors = new float[8][OCTETS];
  private final int[][] codes = new int[8][OCTETS];
  private final float[] position = new float[OCTETS];
  private final float[] scale = new float[OCTETS];
  private final float[] inverse = new float[OCTETS];
  private final float[] zeroPoint = new float[OCTETS];
  private final float[] sum = new float[OCTETS];
  private final float[] squares = new float[OCTETS];
  private final float[] cross = new float[OCTETS];
  private final float[] errorSquares = new float[OCTETS];
  private final int[] errorBits = new int[OCTETS];
  private final int[] worst = new int[OCTETS];
  private final int[] low = new int[OCTETS];
  private final int[] high = new int[OCTETS];
  private final Reinterpret reinterpret = new Reinterpret();

  public Encode(Widen widen) {
    this.widen = widen;
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
    widen.toPlanes(dtype, address, octets, weights);
    int half = 1 << (bits - 1);
    for (int k = 0; k < 8; k++) {
      choose(weights[k], errors[k], codes[k], half, octets);
    }
    pack(codes, 0, half, bits, low, octets);
    pack(codes, 4, half, bits, high, octets);
    store(low, high, bits, target, octets);
    measure(octets);
    int from = 0;
    for (int g = 0; g < groups; g++) {
      int to = from + sizes[g] / 8;
      sums.addGroup(
          sizes[g],
          Rounding.fold(sum, from, to),
          Rounding.fold(squares, from, to),
          Rounding.fold(cross, from, to),
          Rounding.fold(errorSquares, from, to));
      from = to;
    }
    sums.addMaxAbsError(Float.intBitsToFloat(most(worst, octets)));
  }

  private int spread(int[] sizes, int groups, float[] scales, float[] zeroPoints, int first) {
    int to = 0;
    for (int g = 0; g < groups; g++) {
      int from = to;
      to += sizes[g] / 8;
      float s = scales[first + g];
      float z = zeroPoints[first + g];
      for (int i = from; i < to; i++) {
        scale[i] = s;
        zeroPoint[i] = z;
      }
    }
    invert(scale, inverse, to);
    return to;
  }

  private void measure(int octets) {
    float[][] w = weights;
    float[][] e = errors;
    add(w[0], w[1], w[2], w[3], sum, octets);
    addMore(w[4], w[5], w[6], w[7], sum, octets);
    dot(w[0], w[1], w[0], w[1], squares, octets);
    dot(w[0], w[1], e[0], e[1], cross, octets);
    dot(e[0], e[1], e[0], e[1], errorSquares, octets);
    for (int k = 2; k < 8; k += 2) {
      dotMore(w[k], w[k + 1], w[k], w[k + 1], squares, octets);
      dotMore(w[k], w[k + 1], e[k], e[k + 1], cross, octets);
      dotMore(e[k], e[k + 1], e[k], e[k + 1], errorSquares, octets);
    }
    clear(worst, octets);
    for (int k = 0; k < 8; k++) {
      reinterpret.toInts(e[k], errorBits, octets);
      greatest(errorBits, worst, octets);
    }
  }

  private static void invert(float[] scale, float[] inverse, int n) {
    for (int i = 0; i < n; i++) {
      inverse[i] = 1 / scale[i];
    }
  }

  private void choose(float[] weights, float[] errors, int[] codes, int half, int n) {
    if (CASTS_ARE_VECTORIZED) {
      round(weights, inverse, zeroPoint, half, codes, n);
      miss(weights, codes, zeroPoint, scale, errors, n);
    } else {
      place(weights, inverse, zeroPoint, position, n);
      reinterpret.toInts(position, codes, n);
      clamp(codes, Rounding.SHIFT_BITS - half, Rounding.SHIFT_BITS + half - 1, n);
      reinterpret.toFloats(codes, position, n);
      miss(weights, position, zeroPoint, scale, errors, n);
    }
  }

  private static void round(
      float[] weights, float[] inverse, float[] zeroPoint, int half, int[] codes, int n) {
    int most = half - 1;
    for (int i = 0; i < n; i++) {
      float position = weights[i] * inverse[i] + zeroPoint[i] + Rounding.SHIFT - Rounding.SHIFT;
      codes[i] = Math.max(-half, Math.min(most, (int) position));
    }
  }

  private static void miss(
      float[] weights, int[] codes, float[] zeroPoint, float[] scale, float[] errors, int n) {
    for (int i = 0; i < n; i++) {
      errors[i] = weights[i] - ((float) codes[i] - zeroPoint[i]) * scale[i];
    }
  }

  private static void place(
      float[] weights, float[] inverse, float[] zeroPoint, float[] position, int n) {
    for (int i = 0; i < n; i++) {
      position[i] = weights[i] * inverse[i] + zeroPoint[i] + Rounding.SHIFT;
    }
  }

  private static void clamp(int[] codes, int least, int most, int n) {
    for (int i = 0; i < n; i++) {
      codes[i] = Math.max(least, Math.min(most, codes[i]));
    }
  }

  private static void miss(
      float[] weights, float[] codes, float[] zeroPoint, float[] scale, float[] errors, int n) {
    for (int i = 0; i < n; i++) {
      errors[i] = weights[i] - ((codes[i] - Rounding.SHIFT) - zeroPoint[i]) * scale[i];
    }
  }

  private static void add(float[] a, float[] b, float[] c, float[] d, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] = a[i] + b[i] + (c[i] + d[i]);
    }
  }

  private static void addMore(float[] a, float[] b, float[] c, float[] d, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i] + b[i] + (c[i] + d[i]);
    }
  }

  private static void dot(float[] a, float[] b, float[] x, float[] y, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] = a[i] * x[i] + b[i] * y[i];
    }
  }

  private static void dotMore(float[] a, float[] b, float[] x, float[] y, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] += a[i] * x[i] + b[i] * y[i];
    }
  }

  private static void clear(int[] a, int n) {
    for (int i = 0; i < n; i++) {
      a[i] = 0;
    }
  }

  /** Without their sign, floats order as their bits do. */
  private static void greatest(int[] bits, int[] most, int n) {
    for (int i = 0; i < n; i++) {
      most[i] = Math.max(most[i], bits[i] & 0x7fffffff);
    }
  }

  private static int most(int[] a, int n) {
    int most = 0;
    for (int i = 0; i < n; i++) {
      most = Math.max(most, a[i]);
    }
    return most;
  }

  private static void pack(int[][] codes, int k, int half, int bits, int[] packed, int n) {
    pack(codes[k], codes[k + 1], codes[k + 2], codes[k + 3], half, bits, packed, n);
  }

  private static void pack(
      int[] a, int[] b, int[] c, int[] d, int half, int bits, int[] packed, int n) {
    int mask = 2 * half - 1;
    for (int i = 0; i < n; i++) {
      packed[i] =
          (a[i] + half & mask)
              | (b[i] + half & mask) << bits
              | (c[i] + half & mask) << 2 * bits
              | (d[i] + half & mask) << 3 * bits;
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
