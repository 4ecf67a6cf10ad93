package io.arrowquant.cli.demo;

import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;

/** Writes float32 values as the little-endian bits of a SafeTensors dtype, ties to even. */
enum FloatEncoder {
  F32 {
    @Override
    void encode(float[] values, int length, ByteBuffer out) {
      for (int i = 0; i < length; i++) {
        out.putFloat(values[i]);
      }
    }
  },
  F16 {
    @Override
    void encode(float[] values, int length, ByteBuffer out) {
      for (int i = 0; i < length; i++) {
        out.putShort(half(values[i]));
      }
    }
  },
  BF16 {
    @Override
    void encode(float[] values, int length, ByteBuffer out) {
      for (int i = 0; i < length; i++) {
        int bits = Float.floatToRawIntBits(values[i]);
        out.putShort((short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16));
      }
    }
  };

  /** Appends {@code values[0, length)}; the buffer is little-endian. */
  abstract void encode(float[] values, int length, ByteBuffer out);

  static FloatEncoder of(DType dtype) {
    return switch (dtype) {
      case F32 -> F32;
      case F16 -> F16;
      case BF16 -> BF16;
      default ->
          throw new UnsupportedDTypeException(
              "synthetic checkpoints have dtype F32, F16 or BF16, not " + dtype + ".");
    };
  }

  /** IEEE 754 binary16 of a finite float; too large ones become infinite. */
  static short half(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    float magnitude = Math.abs(value);
    if (magnitude >= 65520f) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x1p-14f) { // subnormal: a multiple of 2^-24, which rint rounds to even
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
    }
    int rebased = (bits & 0x7fffffff) - ((127 - 15) << 23);
    return (short) (sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13));
  }
}
