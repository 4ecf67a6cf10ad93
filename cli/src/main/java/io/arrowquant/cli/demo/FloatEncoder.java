package io.arrowquant.cli.demo;

import io.arrowquant.arrow.tensor.Float32Bits;
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
        out.putShort((short) Float32Bits.round(DType.F16, values[i]));
      }
    }
  },
  BF16 {
    @Override
    void encode(float[] values, int length, ByteBuffer out) {
      for (int i = 0; i < length; i++) {
        out.putShort((short) Float32Bits.round(DType.BF16, values[i]));
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
}
