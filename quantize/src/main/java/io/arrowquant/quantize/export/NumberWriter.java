package io.arrowquant.quantize.export;

import io.arrowquant.arrow.tensor.Float32Bits;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/** Gathers little-endian numbers and hands them on when a buffer is full. */
final class NumberWriter {

  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
  private final Consumer<ByteBuffer> sink;

  NumberWriter(Consumer<ByteBuffer> sink) {
    this.sink = sink;
  }

  /** A number of F32, or of F16 or BF16 that is exactly this. */
  void put(DType dtype, float value) {
    int pattern = Float32Bits.narrow(dtype, Float.floatToRawIntBits(value));
    if (dtype == DType.F32) {
      putInt(pattern);
    } else {
      room(Short.BYTES).putShort((short) pattern);
    }
  }

  void putInt(int value) {
    room(Integer.BYTES).putInt(value);
  }

  void putLong(long value) {
    room(Long.BYTES).putLong(value);
  }

  void putByte(int value) {
    room(Byte.BYTES).put((byte) value);
  }

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }

  void flush() {
    sink.accept(buffer.flip());
    buffer.clear();
  }
}
