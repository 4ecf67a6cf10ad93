package io.arrowquant.quantize.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Copies floats to their bits and back, many at once: two copies in the first-level cache cost less
 * than the loops over {@code Float.floatToRawIntBits} that the JIT compiler does not vectorize.
 */
final class Reinterpret {

  private final FloatBuffer floats;
  private final IntBuffer ints;

  Reinterpret() {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Float.BYTES * Widen.STAGE).order(ByteOrder.nativeOrder());
    floats = bytes.asFloatBuffer();
    ints = bytes.asIntBuffer();
  }

  void toInts(float[] from, int[] to, int n) {
    floats.put(0, from, 0, n);
    ints.get(0, to, 0, n);
  }

  void toFloats(int[] from, float[] to, int n) {
    ints.put(0, from, 0, n);
    floats.get(0, to, 0, n);
  }
}
