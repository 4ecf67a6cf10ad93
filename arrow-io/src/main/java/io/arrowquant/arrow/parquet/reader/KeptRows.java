package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.PieceCursor;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.arrow.parquet.encoding.BitReader;
import io.arrowquant.arrow.tensor.Float32Bits;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.parquet.format.Encoding;

/** Decodes the rows of kept tensors to the source's bytes. */
final class KeptRows {

  private final PartFile file;
  private final int rowGroup;
  private final PageLayout layout;
  private final DType dtype;

  KeptRows(PartFile file, int rowGroup, PageLayout layout, DType dtype) {
    this.file = file;
    this.rowGroup = rowGroup;
    this.layout = layout;
    this.dtype = dtype;
  }

  /** The source's bytes of the rows of pages {@code [first, end)}, owned by the caller. */
  ArrowBuf decode(int first, int end, BufferAllocator allocator) {
    long size = 0;
    for (PageLayout.Page page : layout.pages().subList(first, end)) {
      size += (long) page.values() * dtype.bits() / 8;
    }
    ArrowBuf target = allocator.buffer(Math.max(1, size));
    try {
      if (dtype.widensToFloat32()) {
        values(first, end, target);
      } else {
        data(first, end, target);
      }
      if (target.writerIndex() != size) {
        throw new InvalidModelException(
            QuotedName.of(file.path())
                + " holds "
                + target.writerIndex()
                + " kept bytes in a row group; expected "
                + size
                + ".");
      }
      return target;
    } catch (RuntimeException | Error e) {
      target.close();
      throw e;
    }
  }

  private void values(int first, int end, ArrowBuf target) {
    try (StoredChunk chunk = file.chunk(rowGroup, WeightsSchema.VALUES)) {
      ListPages.check(chunk, layout, ListPages.Elements.WEIGHTS);
      int[] patterns = chunk.dictionary() == null ? null : patterns(chunk);
      for (StoredPage page : chunk.pages().subList(first, end)) {
        int count = chunk.version2(page).getNum_values();
        ByteBuffer values = chunk.values(page, 16 + 4L * count);
        if (chunk.version2(page).getEncoding() == Encoding.PLAIN) {
          if (values.remaining() != count * 4) {
            throw new InvalidModelException(chunk.where() + " has a page of the wrong length.");
          }
          plain(chunk, values, target);
        } else {
          int width = ListPages.skipHead(chunk, values, count);
          indexed(chunk, new BitReader(values, width), count, patterns, target);
        }
      }
    }
  }

  private void plain(StoredChunk chunk, ByteBuffer values, ArrowBuf target) {
    if (dtype == DType.F32) {
      int length = values.remaining();
      target.setBytes(target.writerIndex(), values);
      target.writerIndex(target.writerIndex() + length);
      return;
    }
    while (values.hasRemaining()) {
      write(target, narrow(chunk, values.getInt()));
    }
  }

  private void indexed(
      StoredChunk chunk, BitReader indices, int count, int[] patterns, ArrowBuf target) {
    for (int i = 0; i < count; i++) {
      int index = indices.next();
      if (patterns == null || index >= patterns.length) {
        throw new InvalidModelException(
            chunk.where() + " has an index past the end of its dictionary.");
      }
      write(target, patterns[index]);
    }
  }

  private void write(ArrowBuf target, int pattern) {
    if (dtype.bits() == 8) {
      target.writeByte(pattern);
    } else if (dtype.bits() == 16) {
      target.writeShort(pattern);
    } else {
      target.writeInt(pattern);
    }
  }

  private int[] patterns(StoredChunk chunk) {
    ByteBuffer dictionary = chunk.whole(chunk.dictionary(), StoredRowGroup.MAX_DICTIONARY);
    int[] patterns = new int[dictionary.remaining() / 4];
    for (int i = 0; i < patterns.length; i++) {
      patterns[i] = narrow(chunk, dictionary.getInt());
    }
    return patterns;
  }

  private int narrow(StoredChunk chunk, int float32Bits) {
    try {
      return Float32Bits.narrow(dtype, float32Bits);
    } catch (IllegalArgumentException e) {
      throw new InvalidModelException(chunk.where() + " has a value that is no " + dtype + ".", e);
    }
  }

  private void data(int first, int end, ArrowBuf target) {
    try (StoredChunk chunk = file.chunk(rowGroup, WeightsSchema.DATA)) {
      if (chunk.pages().size() != layout.pages().size()) {
        throw new InvalidModelException(chunk.where() + " has the wrong number of pages.");
      }
      for (int p = first; p < end; p++) {
        PageLayout.Page page = layout.pages().get(p);
        long size = (long) page.values() * dtype.bits() / 8 + 4L * page.pieces();
        ByteBuffer values = chunk.values(chunk.pages().get(p), size);
        PieceCursor.walk(
            layout,
            page,
            (runIndex, run, piece, columns) -> {
              int expected = Math.toIntExact((long) columns * dtype.bits() / 8);
              int length = values.remaining() < 4 ? -1 : values.getInt();
              if (length != expected || length > values.remaining()) {
                throw new InvalidModelException(
                    chunk.where()
                        + " has a row of "
                        + length
                        + " bytes; expected "
                        + expected
                        + ".");
              }
              ByteBuffer row = values.slice(values.position(), length);
              target.setBytes(target.writerIndex(), row);
              target.writerIndex(target.writerIndex() + length);
              values.position(values.position() + length);
            });
        if (values.hasRemaining()) {
          throw new InvalidModelException(chunk.where() + " has bytes after its last row.");
        }
      }
    }
  }
}
