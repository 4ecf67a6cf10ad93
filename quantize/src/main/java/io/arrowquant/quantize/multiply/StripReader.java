package io.arrowquant.quantize.multiply;

import io.arrowquant.quantize.kernel.PackedStrip;
import java.nio.IntBuffer;
import java.util.Arrays;

/** Copies integers of a block out of a page, from any bit on. One instance per thread. */
final class StripReader {

  private final int[] raw = new int[RowShape.BLOCK + 1];

  /** Whether the integers lie in the page as they are. */
  static boolean inPlace(PackedStrip strip, long bit, int n) {
    return bit % Integer.SIZE == 0 && bit / Integer.SIZE + n <= strip.ints().capacity();
  }

  /**
   * Copies {@code n} integers. After the page's last code they are anything.
   *
   * @param bit of the page, the first one of the first integer
   */
  void read(PackedStrip strip, long bit, int n, int[] target) {
    int first = (int) (bit / Integer.SIZE);
    int shift = (int) (bit % Integer.SIZE);
    if (shift == 0) {
      copy(strip, first, n, target);
    } else {
      copy(strip, first, n + 1, raw);
      shift(raw, shift, target, n);
    }
  }

  private static void shift(int[] raw, int shift, int[] target, int n) {
    int up = Integer.SIZE - shift;
    for (int i = 0; i < n; i++) {
      target[i] = raw[i] >>> shift | raw[i + 1] << up;
    }
  }

  private static void copy(PackedStrip strip, int first, int n, int[] target) {
    IntBuffer whole = strip.ints();
    int count = Math.min(n, whole.capacity() - first);
    whole.get(first, target, 0, count);
    if (count < n) {
      target[count] = last(strip);
      Arrays.fill(target, count + 1, n, 0);
    }
  }

  /** The bytes of the page that fill no whole integer. */
  private static int last(PackedStrip strip) {
    int last = 0;
    long end = strip.page().capacity();
    for (long i = end - 1; i >= end / Integer.BYTES * Integer.BYTES; i--) {
      last = last << 8 | strip.page().getByte(i) & 0xff;
    }
    return last;
  }
}
