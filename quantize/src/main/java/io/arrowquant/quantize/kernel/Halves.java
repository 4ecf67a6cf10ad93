package io.arrowquant.quantize.kernel;

/**
 * IEEE binary16 to float32, at the same speed whatever the values are: subnormals meet neither
 * arithmetic on subnormals of float32, which can take a hundred cycles each, nor a branch. One
 * instance per thread.
 */
final class Halves {

  private final int[] source = new int[Widen.STAGE];
  private final float[] shifted = new float[Widen.STAGE];
  private final Reinterpret reinterpret = new Reinterpret();

  /**
   * Widens to the bits of float32.
   *
   * @param n at most {@link Widen#STAGE}
   */
  void toBits(short[] halves, int[] bits, int n) {
    extend(halves, source, n);
    // As mantissa of 2^-14, from which 2^-14 is taken away, a subnormal is what it stands for.
    addExponent(source, bits, n);
    reinterpret.toFloats(bits, shifted, n);
    subtract(shifted, n);
    reinterpret.toInts(shifted, bits, n);
    choose(source, bits, n);
  }

  /** A loop of its own, as the JIT compiler vectorizes those over one width. */
  private static void extend(short[] halves, int[] source, int n) {
    for (int i = 0; i < n; i++) {
      source[i] = halves[i];
    }
  }

  private static void addExponent(int[] halves, int[] bits, int n) {
    for (int i = 0; i < n; i++) {
      bits[i] = ((halves[i] & 0x7fff) << 13) + (113 << 23);
    }
  }

  private static void subtract(float[] values, int n) {
    for (int i = 0; i < n; i++) {
      values[i] -= 0x1p-14f;
    }
  }

  /**
   * Keeps what was made of subnormals; the bits of others move to float32's places, and infinities
   * and NaNs get the exponent that moving does not give.
   */
  private static void choose(int[] halves, int[] bits, int n) {
    for (int i = 0; i < n; i++) {
      int magnitude = halves[i] & 0x7fff;
      int isSubnormal = (magnitude - 0x400) >> 31;
      int special = -((magnitude + 0x400) >>> 15) & 0x7f800000;
      int normal = ((magnitude << 13) + (112 << 23)) | special;
      int sign = (halves[i] & 0x8000) << 16;
      bits[i] = (normal & ~isSubnormal) | (bits[i] & isSubnormal) | sign;
    }
  }
}
