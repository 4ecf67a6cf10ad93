package io.arrowquant.quantize.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Little-endian views of memory outside the heap, which move only when an address leaves them: no
 * garbage while a tensor is gone through. They claim more than the caller's bytes; only those asked
 * for may be touched. Not for use by several threads.
 */
final class NativeWindow {

  private static final int SIZE = 1 << 30;

  private long base;
  private ByteBuffer bytes;
  private ShortBuffer shorts;
  private IntBuffer ints;
  private FloatBuffer floats;
  private DoubleBuffer doubles;

  /**
   * Puts an address into the window, and at least {@link Widen#STAGE} elements behind it.
   *
   * @param width bytes of an element, at most 8
   * @return the index of the element in the view of its width
   */
  int locate(long address, int width) {
    long distance = address - base;
    if (bytes == null
        || distance < 0
        || distance > SIZE - Widen.STAGE * 8
        || distance % width != 0) {
      base = address;
      bytes = MemoryUtil.directBuffer(address, SIZE).order(ByteOrder.LITTLE_ENDIAN);
      shorts = bytes.asShortBuffer();
      ints = bytes.asIntBuffer();
      floats = bytes.asFloatBuffer();
      doubles = bytes.asDoubleBuffer();
      distance = 0;
    }
    return (int) distance / width;
  }

  ByteBuffer bytes() {
    return bytes;
  }

  ShortBuffer shorts() {
    return shorts;
  }

  IntBuffer ints() {
    return ints;
  }

  FloatBuffer floats() {
    return floats;
  }

  DoubleBuffer doubles() {
    return doubles;
  }
}
