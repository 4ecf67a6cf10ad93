package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;

/**
 * Reads source elements at any address, aligned or not, as float32, a stage of at most {@link
 * #STAGE} at a time so that they stay in the first-level cache. Every dtype but F64 widens exactly;
 * F64 rounds to the nearest float32. One instance per thread.
 */
public final class Widen {

  /** Most elements of one call. */
  public static final int STAGE = 4096;

  private final byte[] bytes = new byte[STAGE];
  private final short[] shorts = new short[STAGE];
  private final double[] doubles = new double[STAGE];

  private final float[] floats = new float[STAGE];
  private final int[] ints = new int[STAGE];
  private final int[] plane = new int[STAGE / 8];
  private final Reinterpret reinterpret = new Reinterpret();
  private final Halves halves = new Halves();

  private final NativeWindow window = new NativeWindow();

  /** Whether elements of this dtype can be read as float32. */
  public static boolean supports(DType dtype) {
    return switch (dtype) {
      case F64, F32, F16, BF16, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ -> true;
      case BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, I16, U16, I32, U32, C64, I64, U64 -> false;
    };
  }

  /**
   * Widens {@code n} elements at {@code address} into {@code target[0..n)}.
   *
   * @throws IllegalArgumentException if the dtype holds no floating-point numbers of at least 8
   *     bits
   */
  public void toFloat(DType dtype, long address, int n, float[] target) {
    if (!supports(dtype)) {
      throw new IllegalArgumentException(dtype + " is not a floating-point type of 8 to 64 bits");
    }
    int width = dtype.bits() / 8;
    int at = window.locate(address, width);
    switch (dtype) {
      case F32 -> window.floats().get(at, target, 0, n);
      case BF16 -> {
        window.shorts().get(at, shorts, 0, n);
        for (int i = 0; i < n; i++) {
          target[i] = Float.intBitsToFloat(shorts[i] << 16);
        }
      }
      case F16 -> {
        window.shorts().get(at, shorts, 0, n);
        halves.toBits(shorts, ints, n);
        reinterpret.toFloats(ints, target, n);
      }
      case F64 -> {
        window.doubles().get(at, doubles, 0, n);
        for (int i = 0; i < n; i++) {
          target[i] = (float) doubles[i];
        }
      }
      default -> {
        window.bytes().get(at, bytes, 0, n);
        float[] values = SmallFloats.table(dtype);
        for (int i = 0; i < n; i++) {
          target[i] = values[bytes[i] & 0xff];
        }
      }
    }
  }

  /** Widens {@code n} elements to the bits of the float32 they are. */
  void toBits(DType dtype, long address, int n, int[] target) {
    if (dtype == DType.F32) {
      int at = window.locate(address, 4);
      window.ints().get(at, target, 0, n);
    } else if (dtype == DType.BF16) {
      int at = window.locate(address, 2);
      window.shorts().get(at, shorts, 0, n);
      for (int i = 0; i < n; i++) {
        target[i] = shorts[i] << 16;
      }
    } else if (dtype == DType.F16) {
      int at = window.locate(address, 2);
      window.shorts().get(at, shorts, 0, n);
      halves.toBits(shorts, target, n);
    } else {
      toFloat(dtype, address, n, floats);
      reinterpret.toInts(floats, target, n);
    }
  }

  /** {@code n} 16-bit elements as they are. */
  void halves(long address, int n, short[] target) {
    int at = window.locate(address, 2);
    window.shorts().get(at, target, 0, n);
  }

  /** {@code n} pairs of 16-bit elements as they are, the first of each in the lower half. */
  void pairs(long address, int n, int[] target) {
    int at = window.locate(address, 4);
    window.ints().get(at, target, 0, n);
  }

  /**
   * Widens {@code 8 * octets} elements into eight planes: the element {@code 8 j + k} into {@code
   * planes[k][j]}.
   */
  void toPlanes(DType dtype, long address, int octets, float[][] planes) {
    if (dtype == DType.BF16) {
      pairs(address, 4 * octets, ints);
      for (int k = 0; k < 8; k += 2) {
        lower(ints, k / 2, plane, octets);
        reinterpret.toFloats(plane, planes[k], octets);
        upper(ints, k / 2, plane, octets);
        reinterpret.toFloats(plane, planes[k + 1], octets);
      }
    } else {
      toFloat(dtype, address, 8 * octets, floats);
      for (int k = 0; k < 8; k++) {
        every8th(floats, k, planes[k], octets);
      }
    }
  }

  private static void lower(int[] pairs, int k, int[] plane, int n) {
    for (int j = 0; j < n; j++) {
      plane[j] = pairs[4 * j + k] << 16;
    }
  }

  private static void upper(int[] pairs, int k, int[] plane, int n) {
    for (int j = 0; j < n; j++) {
      plane[j] = pairs[4 * j + k] & 0xffff0000;
    }
  }

  private static void every8th(float[] values, int k, float[] plane, int n) {
    for (int j = 0; j < n; j++) {
      plane[j] = values[8 * j + k];
    }
  }
}
