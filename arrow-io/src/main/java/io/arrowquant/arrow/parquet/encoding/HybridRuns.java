package io.arrowquant.arrow.parquet.encoding;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Small unsigned numbers given as runs, encoded as Parquet's RLE / bit-packing hybrid: levels, and
 * dictionary indices that come in long runs. Whichever of "all runs RLE" and "one bit-packed run"
 * is shorter is written.
 *
 * @see <a href="https://parquet.apache.org/docs/file-format/data-pages/encodings/">Parquet
 *     encodings, RLE</a>
 */
public final class HybridRuns {

  private final int bitWidth;
  private int[] values = new int[16];
  private int[] counts = new int[16];
  private int runs;
  private int total;

  /**
   * @param bitWidth bits per number, 1 to 32
   */
  public HybridRuns(int bitWidth) {
    this.bitWidth = bitWidth;
  }

  public void add(int value, int count) {
    if (count == 0) {
      return;
    }
    total += count;
    if (runs > 0 && values[runs - 1] == value) {
      counts[runs - 1] += count;
      return;
    }
    if (runs == values.length) {
      values = Arrays.copyOf(values, runs * 2);
      counts = Arrays.copyOf(counts, runs * 2);
    }
    values[runs] = value;
    counts[runs++] = count;
  }

  /** How many numbers were added. */
  public int total() {
    return total;
  }

  public byte[] encode() {
    long packed = (total + 7L) / 8 * bitWidth + Varint.size(packedHeader(total));
    return runLengthSize() <= packed ? runLength() : bitPacked();
  }

  private long runLengthSize() {
    long size = 0;
    for (int i = 0; i < runs; i++) {
      size += Varint.size(counts[i] << 1) + valueBytes();
    }
    return size;
  }

  private byte[] runLength() {
    ByteArrayOutputStream out = new ByteArrayOutputStream((int) runLengthSize());
    for (int i = 0; i < runs; i++) {
      Varint.write(out, counts[i] << 1);
      for (int b = 0; b < valueBytes(); b++) {
        out.write(values[i] >>> 8 * b);
      }
    }
    return out.toByteArray();
  }

  private byte[] bitPacked() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Varint.write(out, packedHeader(total));
    byte[] packed = new byte[(total + 7) / 8 * bitWidth];
    BitWriter sink = new BitWriter(packed, bitWidth);
    for (int i = 0; i < runs; i++) {
      for (int k = 0; k < counts[i]; k++) {
        sink.put(values[i]);
      }
    }
    sink.finish();
    out.writeBytes(packed);
    return out.toByteArray();
  }

  private int valueBytes() {
    return (bitWidth + 7) / 8;
  }

  /**
   * What stands in a page before indices that are one bit-packed run: the width, and the run's
   * header.
   *
   * @param count indices, padded to whole groups of eight
   */
  public static byte[] packedHead(int width, int count) {
    ByteArrayOutputStream head = new ByteArrayOutputStream(6);
    head.write(width);
    Varint.write(head, packedHeader(count));
    return head.toByteArray();
  }

  private static int packedHeader(int count) {
    return (count + 7) / 8 << 1 | 1;
  }

  /** Bits that indices into a dictionary of this many entries need, at least 1. */
  public static int widthOf(int entries) {
    return Math.max(1, 32 - Integer.numberOfLeadingZeros(entries - 1));
  }
}
