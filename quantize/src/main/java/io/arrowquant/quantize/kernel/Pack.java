package io.arrowquant.quantize.kernel;

import org.apache.arrow.memory.util.MemoryUtil;

/** Packs unsigned codes, least significant bits first: eight codes to {@code bits} bytes. */
public final class Pack {

  /** Bytes after the packed codes that {@link #pack} may overwrite with zeros. */
  public static final int SLACK = 8;

  private Pack() {}

  /**
   * Packs {@code codes[0, n)} to {@code address}.
   *
   * @param n a multiple of eight
   * @param narrow scratch of at least n bytes
   */
  public static void pack(int[] codes, int n, int bits, long address, byte[] narrow) {
    for (int i = 0; i < n; i++) {
      narrow[i] = (byte) codes[i];
    }
    if (bits == 8) {
      MemoryUtil.copyToMemory(narrow, 0, address, n);
      return;
    }
    for (int i = 0; i < n; i += 8) {
      long v = MemoryUtil.getLong(narrow, i);
      // Neighbours join in three steps: 8 codes in bytes, 4 in shorts, 2 in ints, all in a long.
      v = v & 0x00ff00ff00ff00ffL | (v >>> 8 & 0x00ff00ff00ff00ffL) << bits;
      v = v & 0x0000ffff0000ffffL | (v >>> 16 & 0x0000ffff0000ffffL) << 2 * bits;
      v = v & 0x00000000ffffffffL | (v >>> 32) << 4 * bits;
      MemoryUtil.putLong(address, v);
      address += bits;
    }
  }
}
