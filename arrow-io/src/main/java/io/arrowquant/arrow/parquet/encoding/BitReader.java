package io.arrowquant.arrow.parquet.encoding;

import java.nio.ByteBuffer;

/** Reads what {@link BitWriter} wrote: small numbers of one width, least significant bits first. */
public final class BitReader {

  private final ByteBuffer from;
  private final int width;
  private long bits;
  private int held;

  /**
   * @param from read from its position on
   * @param width bits per number, at most 32
   */
  public BitReader(ByteBuffer from, int width) {
    this.from = from;
    this.width = width;
  }

  public int next() {
    while (held < width) {
      bits |= (from.get() & 0xffL) << held;
      held += 8;
    }
    int value = (int) (bits & (1L << width) - 1);
    bits >>>= width;
    held -= width;
    return value;
  }
}
