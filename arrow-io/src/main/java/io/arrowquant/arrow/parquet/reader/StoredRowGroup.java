package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PackedRows;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RunOffsets;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.arrow.parquet.encoding.BitReader;
import io.arrowquant.core.InvalidModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.parquet.format.Encoding;

/**
 * A row group of quantized rows, its packed codes in place in the mapped file, or decompressed
 * where they are stored compressed. Valid until closed.
 */
public final class StoredRowGroup implements PackedRows, AutoCloseable {

  /** The longest dictionary that indices of 16 bits can use. */
  static final long MAX_DICTIONARY = 4L << 16;

  private final PageLayout layout;
  private final int bits;
  private final List<ArrowBuf> codes;
  private final float[] scales;
  private final float[] zeroPoints;
  private final List<AutoCloseable> owned;
  private final float[][] equalization;
  private final RunOffsets offsets;

  private StoredRowGroup(
      PageLayout layout,
      int bits,
      List<ArrowBuf> codes,
      float[] scales,
      float[] zeroPoints,
      List<AutoCloseable> owned,
      float[][] equalization) {
    this.layout = layout;
    this.bits = bits;
    this.codes = codes;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
    this.owned = owned;
    this.equalization = equalization;
    this.offsets = new RunOffsets(layout);
  }

  /**
   * @param equalization for each run the scales of its tensor's columns, or null
   * @param allocator for codes that have to be decompressed
   */
  static StoredRowGroup read(
      PartFile file,
      int rowGroup,
      PageLayout layout,
      LayerRecord.Quantization quantization,
      float[][] equalization,
      BufferAllocator allocator) {
    float[] scales = floats(file, rowGroup, WeightsSchema.SCALES, layout);
    float[] zeroPoints = floats(file, rowGroup, WeightsSchema.ZERO_POINTS, layout);
    List<AutoCloseable> owned = new ArrayList<>();
    try {
      StoredChunk chunk = file.chunk(rowGroup, WeightsSchema.CODES);
      owned.add(chunk);
      int bits = quantization.codeWidth();
      checkCodes(chunk, bits);
      List<ArrowBuf> codes = new ArrayList<>();
      for (int p = 0; p < layout.pages().size(); p++) {
        ListPage page = ListPages.page(chunk, layout, p, ListPages.Elements.WEIGHTS);
        ByteBuffer body = page.body();
        if (page.encoding() != Encoding.RLE_DICTIONARY
            || ListPages.skipHead(chunk, body, page.values()) != bits) {
          throw new InvalidModelException(
              chunk.where() + " has codes of another width than its layers' " + bits + " bits.");
        }
        StoredPage stored = chunk.pages().get(p);
        if (chunk.inPlace(stored)) {
          long at = chunk.bodyOffset(stored) + body.position();
          codes.add(chunk.bytes().slice(at, body.remaining()));
        } else {
          int length = body.remaining();
          ArrowBuf copy = allocator.buffer(length);
          owned.add(copy);
          copy.setBytes(0, body);
          codes.add(copy.slice(0, length));
        }
      }
      return new StoredRowGroup(layout, bits, codes, scales, zeroPoints, owned, equalization);
    } catch (RuntimeException | Error e) {
      AutoCloseables.close(e, owned);
      throw e;
    }
  }

  private static void checkCodes(StoredChunk chunk, int bits) {
    int count = 1 << bits;
    ByteBuffer dictionary = dictionary(chunk, count);
    for (int u = 0; u < count; u++) {
      if (dictionary.getInt(u * 4) != u - count / 2) {
        throw new InvalidModelException(
            chunk.where() + " has a dictionary other than the " + count + " signed codes.");
      }
    }
  }

  private static ByteBuffer dictionary(StoredChunk chunk, int atLeast) {
    if (chunk.dictionary() == null) {
      throw new InvalidModelException(chunk.where() + " has no dictionary.");
    }
    ByteBuffer dictionary = chunk.whole(chunk.dictionary(), MAX_DICTIONARY);
    if (dictionary.remaining() < atLeast * 4) {
      throw new InvalidModelException(chunk.where() + " has a dictionary that is too short.");
    }
    return dictionary.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float[] floats(PartFile file, int rowGroup, String column, PageLayout layout) {
    float[] all = new float[Math.toIntExact(layout.groups())];
    try (StoredChunk chunk = file.chunk(rowGroup, column)) {
      for (int p = 0; p < layout.pages().size(); p++) {
        PageLayout.Page page = layout.pages().get(p);
        ListPage stored = ListPages.page(chunk, layout, p, ListPages.Elements.GROUPS);
        ByteBuffer values = stored.body();
        int first = Math.toIntExact(page.firstGroup());
        if (stored.encoding() == Encoding.PLAIN) {
          if (values.remaining() != page.groups() * 4) {
            throw new InvalidModelException(chunk.where() + " has a page of the wrong length.");
          }
          values.asFloatBuffer().get(all, first, page.groups());
        } else {
          int width = ListPages.skipHead(chunk, values, page.groups());
          BitReader indices = new BitReader(values, width);
          ByteBuffer dictionary = dictionary(chunk, 1);
          int entries = dictionary.remaining() / 4;
          for (int g = 0; g < page.groups(); g++) {
            int index = indices.next();
            if (index >= entries) {
              throw new InvalidModelException(
                  chunk.where() + " has an index past the end of its dictionary.");
            }
            all[first + g] = dictionary.getFloat(index * 4);
          }
        }
      }
    }
    return all;
  }

  @Override
  public PageLayout layout() {
    return layout;
  }

  @Override
  public int bits() {
    return bits;
  }

  /** Not to be used after this is closed. */
  @Override
  public ArrowBuf codes(int page) {
    return codes.get(page);
  }

  /**
   * The same bytes, not copied and not to be written, in another view: {@code codes(0,
   * MemorySegment.class)} on Java 22 and newer, {@code codes(0, ByteBuffer.class)} on any.
   *
   * @return little-endian; not to be used after this is closed, which it does not guard against
   * @throws IllegalArgumentException if there is no view of the type
   */
  public <T> T codes(int page, Class<T> type) {
    ArrowBuf bytes = codes(page);
    ByteBuffer buffer = bytes.nioBuffer(0, Math.toIntExact(bytes.capacity()));
    return BufferView.of(buffer.order(ByteOrder.LITTLE_ENDIAN), type);
  }

  @Override
  public float[] scales() {
    return scales;
  }

  @Override
  public float[] zeroPoints() {
    return zeroPoints;
  }

  @Override
  public float[] equalization(int run) {
    return equalization[run];
  }

  @Override
  public RunOffsets offsets() {
    return offsets;
  }

  @Override
  public void close() {
    AutoCloseables.closeNoChecked(() -> AutoCloseables.close(owned));
  }
}
