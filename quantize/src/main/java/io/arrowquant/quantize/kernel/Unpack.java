package io.arrowquant.quantize.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.apache.arrow.memory.util.MemoryUtil;

/** Reads packed codes back as signed bytes: the twin of {@link Pack}. */
public final class Unpack {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long TOP_BITS = 0x8080808080808080L;

  private Unpack() {}

  /**
   * Signed codes {@code [first, first + n)} of a page into {@code target[0, n)}.
   *
   * @param packed address of the page's packed codes; nothing after their last whole group of eight
   *     is read
   * @param first index of the first code in the page
   */
  public static void codes(long packed, int bits, int first, int n, byte[] target) {
    int half = 1 << (bits - 1);
    int i = 0;
    int skip = first & 7;
    if (skip != 0) {
      long v = spread(octet(packed + (long) (first >>> 3) * bits, bits), bits);
      for (; i < n && skip + i < 8; i++) {
        target[i] = (byte) ((int) (v >>> 8 * (skip + i) & 0xff) - half);
      }
    }
    long address = packed + (long) ((first + i) >>> 3) * bits;
    // Subtracting from each byte without borrows: lend it the top bit, then flip that back.
    long halves = (half & 0x7f) * 0x0101010101010101L;
    for (; i + 8 <= n; i += 8, address += bits) {
      long v = spread(octet(address, bits), bits) | (bits == 8 ? 0 : TOP_BITS);
      LONGS.set(target, i, v - halves ^ TOP_BITS);
    }
    if (i < n) {
      long v = spread(octet(address, bits), bits);
      for (int k = 0; i < n; i++, k++) {
        target[i] = (byte) ((int) (v >>> 8 * k & 0xff) - half);
      }
    }
  }

  /** The {@code bits} bytes of one group of eight codes. */
  private static long octet(long address, int bits) {
    return switch (bits) {
      case 2 -> MemoryUtil.getShort(address) & 0xffffL;
      case 3 ->
          MemoryUtil.getShort(address) & 0xffffL | (MemoryUtil.getByte(address + 2) & 0xffL) << 16;
      case 4 -> MemoryUtil.getInt(address) & 0xffffffffL;
      case 5 ->
          MemoryUtil.getInt(address) & 0xffffffffL
              | (MemoryUtil.getByte(address + 4) & 0xffL) << 32;
      case 6 ->
          MemoryUtil.getInt(address) & 0xffffffffL
              | (MemoryUtil.getShort(address + 4) & 0xffffL) << 32;
      case 8 -> MemoryUtil.getLong(address);
      default -> throw new IllegalArgumentException("no codes of " + bits + " bits");
    };
  }

  /** Eight codes side by side to eight bytes. */
  private static long spread(long v, int bits) {
    if (bits == 8) {
      return v;
    }
    v = part(v, (1L << 4 * bits) - 1, 32 - 4 * bits);
    v = part(v, ((1L << 2 * bits) - 1) * 0x0000000100000001L, 16 - 2 * bits);
    return part(v, ((1L << bits) - 1) * 0x0001000100010001L, 8 - bits);
  }

  /** Leaves the bits of the mask where they are and moves the others up. */
  private static long part(long v, long mask, int shift) {
    return v & mask | (v & ~mask) << shift;
  }
}
