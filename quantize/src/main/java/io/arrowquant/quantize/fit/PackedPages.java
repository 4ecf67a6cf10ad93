package io.arrowquant.quantize.fit;

import io.arrowquant.quantize.kernel.Pack;
import io.arrowquant.quantize.kernel.Widen;

/**
 * Collects codes and packs them, eight at a time, to where the pages lie. A row that ends inside a
 * group of eight shares it with the next row of the page.
 */
final class PackedPages {

  private static final int FLUSH = 4096;

  private final int[] codes = new int[FLUSH + Widen.STAGE + 8];
  private final byte[] narrow = new byte[FLUSH + Widen.STAGE + 8];
  private int fill;
  private int bits;
  private long address;

  /** Goes to a buffer with {@link Pack#SLACK} bytes to spare at its end. */
  void open(long address, int bits) {
    this.address = address;
    this.bits = bits;
    fill = 0;
  }

  /** The next codes go here, from {@link #position()} on: those of one group, unsigned. */
  int[] codes() {
    return codes;
  }

  int position() {
    return fill;
  }

  /** Says that {@code n} codes were put at {@link #position()}. */
  void advance(int n) {
    fill += n;
    if (fill >= FLUSH) {
      flush();
    }
  }

  /** Fills up the last group of eight with zero codes. */
  void endPage() {
    while ((fill & 7) != 0) {
      codes[fill++] = 0;
    }
    flush();
  }

  /** Whether the next code begins a group of eight, so that {@link #address()} is its place. */
  boolean atOctet() {
    return (fill & 7) == 0;
  }

  /** Where the next group of eight codes is to be packed. */
  long address() {
    flush();
    return address;
  }

  /** Says that {@code n} codes, a multiple of eight, were packed at {@link #address()}. */
  void skip(int n) {
    address += (long) (n >>> 3) * bits;
  }

  private void flush() {
    int whole = fill & ~7;
    Pack.pack(codes, whole, bits, address, narrow);
    address += (long) (whole >>> 3) * bits;
    System.arraycopy(codes, whole, codes, 0, fill - whole);
    fill -= whole;
  }
}
