package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;

/**
 * Octets in plain loops. Weights lie in eight planes, the k-th with the k-th of every eight: then
 * neighbours on disk are elements of the same place in different planes, and packing, like the sums
 * of an octet, needs no step across the elements of a vector. Every loop writes one array and reads
 * all arrays at the same place, which is what the JIT compiler vectorizes.
 */
final class PlainOctets implements OctetCoder {

  /** Before, conversions between floats and integers run one by one, and a detour is faster. */
  private static final boolean CASTS_ARE_VECTORIZED = Runtime.version().feature() >= 21;

  private final Widen widen;
  private final float[][] weights = new float[8][Octets.MOST];
  private final float[][] errors = new float[8][Octets.MOST];
  private final int[][] codes = new int[8][Octets.MOST];
  private final float[] position = new float[Octets.MOST];
  private final int[] errorBits = new int[Octets.MOST];
  private final int[] worst = new int[Octets.MOST];
  private final double[] wide = new double[Octets.MOST];
  private final Reinterpret reinterpret = new Reinterpret();

  PlainOctets(Widen widen) {
    this.widen = widen;
  }

  @Override
  public void code(DType dtype, long address, int octets, int bits, Octets block) {
    widen.toPlanes(dtype, address, octets, weights);
    int half = 1 << (bits - 1);
    for (int k = 0; k < 8; k++) {
      choose(weights[k], errors[k], codes[k], half, block, octets);
    }
    pack(codes, 0, half, bits, block.low, octets);
    pack(codes, 4, half, bits, block.high, octets);
    measure(block, octets);
  }

  @Override
  public void fold(int[] sizes, int groups, Octets block) {
    int octets = 0;
    for (int g = 0; g < groups; g++) {
      octets += sizes[g] / 8;
    }
    fold(block.sum, octets, sizes, groups, block.groupSum);
    fold(block.squares, octets, sizes, groups, block.groupSquares);
    fold(block.cross, octets, sizes, groups, block.groupCross);
    fold(block.errorSquares, octets, sizes, groups, block.groupErrorSquares);
  }

  private void fold(float[] lanes, int octets, int[] sizes, int groups, double[] target) {
    widen(lanes, wide, octets);
    int from = 0;
    for (int g = 0; g < groups; g++) {
      int to = from + sizes[g] / 8;
      target[g] = Rounding.fold(wide, from, to);
      from = to;
    }
  }

  private static void widen(float[] from, double[] to, int n) {
    for (int i = 0; i < n; i++) {
      to[i] = from[i];
    }
  }

  private void measure(Octets block, int octets) {
    float[][] w = weights;
    float[][] e = errors;
    add(w[0], w[1], w[2], w[3], block.sum, octets);
    Lanes.add(w[4], w[5], w[6], w[7], block.sum, octets);
    dot(w[0], w[1], w[0], w[1], block.squares, octets);
    dot(w[0], w[1], e[0], e[1], block.cross, octets);
    dot(e[0], e[1], e[0], e[1], block.errorSquares, octets);
    for (int k = 2; k < 8; k += 2) {
      Lanes.addProducts(w[k], w[k + 1], w[k], w[k + 1], block.squares, octets);
      Lanes.addProducts(w[k], w[k + 1], e[k], e[k + 1], block.cross, octets);
      Lanes.addProducts(e[k], e[k + 1], e[k], e[k + 1], block.errorSquares, octets);
    }
    clear(worst, octets);
    for (int k = 0; k < 8; k++) {
      reinterpret.toInts(e[k], errorBits, octets);
      greatest(errorBits, worst, octets);
    }
    block.worst = Float.intBitsToFloat(most(worst, octets));
  }

  private void choose(float[] weights, float[] errors, int[] codes, int half, Octets block, int n) {
    if (CASTS_ARE_VECTORIZED) {
      round(weights, block.inverse, block.zeroPoint, half, codes, n);
      miss(weights, codes, block.zeroPoint, block.scale, errors, n);
    } else {
      place(weights, block.inverse, block.zeroPoint, position, n);
      reinterpret.toInts(position, codes, n);
      clamp(codes, Rounding.SHIFT_BITS - half, Rounding.SHIFT_BITS + half - 1, n);
      reinterpret.toFloats(codes, position, n);
      miss(weights, position, block.zeroPoint, block.scale, errors, n);
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

  private static void dot(float[] a, float[] b, float[] x, float[] y, float[] sum, int n) {
    for (int i = 0; i < n; i++) {
      sum[i] = a[i] * x[i] + b[i] * y[i];
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
}
