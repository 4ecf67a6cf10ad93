package io.arrowquant.arrow.parquet.encoding;

/** Packs small numbers of one width into bytes, least significant bits first. */
public final class BitWriter {

  private final byte[] to;
  private final int width;
  private long bits;
  private int held;
  private int at;

  /**
   * @param width bits per number, at most 32
   */
  public BitWriter(byte[] to, int width) {
    this.to = to;
    this.width = width;
  }

  public void put(int value) {
    bits |= (long) value << held;
    held += width;
    for (; held >= 8; held -= 8) {
      to[at++] = (byte) bits;
      bits >>>= 8;
    }
  }

  /** Writes out the last, partly filled byte. */
  public void finish() {
    if (held > 0) {
      to[at++] = (byte) bits;
      held = 0;
    }
  }
}
