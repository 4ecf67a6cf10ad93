package io.arrowquant.arrow.parquet.writer;

import com.github.luben.zstd.ZstdCompressCtx;
import io.arrowquant.arrow.parquet.encoding.ZstdCompression;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * A column chunk ready to be written.
 *
 * @param column name of the top-level column
 * @param codec what the bodies of pages are compressed with already
 * @param dictionary the dictionary page, or null
 * @param pages data pages, at least one
 */
record EncodedColumn(
    String column, CompressionCodecName codec, Dictionary dictionary, List<Page> pages) {

  /** Share of a column's bytes that decompressing them is worth. */
  private static final double WORTHWHILE = 1 / 64.0;

  /** The same where they could be read in place otherwise. */
  private static final double WORTHWHILE_IN_PLACE = 1 / 32.0;

  /**
   * A dictionary page.
   *
   * @param body the entries in PLAIN encoding, compressed
   * @param count how many
   * @param uncompressedSize bytes of the body before compression
   * @param crc of the body
   */
  record Dictionary(ByteBuffer body, int count, int uncompressedSize, int crc) {

    static Dictionary of(ByteBuffer plain, int count) {
      return new Dictionary(plain, count, plain.remaining(), checksum(List.of(plain)));
    }

    private Dictionary compressed(ZstdCompressCtx zstd) {
      ByteBuffer smaller = compress(List.of(body), zstd);
      return new Dictionary(smaller, count, uncompressedSize, checksum(List.of(smaller)));
    }
  }

  /**
   * One data page: of version 2, or of version 1, where levels are compressed as part of the body.
   *
   * @param version 1 or 2
   * @param rows rows that begin in it
   * @param nulls leaf values that are null or absent
   * @param values leaf values, nulls included: the number of levels
   * @param levels bytes of repetition and definition levels
   * @param repetitionLength how many of those are repetition levels
   * @param body encoded and compressed values, in pieces that lie where they were made
   * @param uncompressedSize bytes of the body before compression
   * @param statistics of the page; null gives the chunk none
   * @param crc of the levels and the body
   */
  record Page(
      int version,
      int rows,
      int nulls,
      int values,
      ByteBuffer levels,
      int repetitionLength,
      Encoding encoding,
      List<ByteBuffer> body,
      int uncompressedSize,
      Statistics<?> statistics,
      int crc) {

    static Page of(
        int rows,
        int nulls,
        int values,
        byte[] repetitionLevels,
        byte[] definitionLevels,
        Encoding encoding,
        List<ByteBuffer> body,
        int uncompressedSize,
        Statistics<?> statistics) {
      ByteBuffer levels = ByteBuffer.allocate(repetitionLevels.length + definitionLevels.length);
      levels.put(repetitionLevels).put(definitionLevels).flip();
      return new Page(
          2,
          rows,
          nulls,
          values,
          levels,
          repetitionLevels.length,
          encoding,
          body,
          uncompressedSize,
          statistics,
          checksum(Stream.concat(Stream.of(levels), body.stream()).toList()));
    }

    /** The same of a list column as version 1. */
    private Page compressed(ZstdCompressCtx zstd) {
      ByteBuffer repetition = levels.slice(0, repetitionLength);
      ByteBuffer definition = levels.slice(repetitionLength, levels.remaining() - repetitionLength);
      List<ByteBuffer> plain = new ArrayList<>();
      for (ByteBuffer part : List.of(repetition, definition)) {
        plain.add(
            ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, part.remaining()));
        plain.add(part);
      }
      plain.addAll(body);
      List<ByteBuffer> smaller = List.of(compress(plain, zstd));
      return new Page(
          1,
          rows,
          nulls,
          values,
          ByteBuffer.allocate(0),
          0,
          encoding,
          smaller,
          8 + levels.remaining() + uncompressedSize,
          statistics,
          checksum(smaller));
    }

    /** Bytes of levels and body. */
    long size() {
      return (long) levels.remaining() + bodySize();
    }

    int bodySize() {
      return body.stream().mapToInt(ByteBuffer::remaining).sum();
    }
  }

  /**
   * This uncompressed list column with ZSTD, if that saves {@link #WORTHWHILE} of its bytes: pages
   * of version 1, which alone compress levels too.
   *
   * @param zstd borrowed
   */
  EncodedColumn compressedIfSmaller(ZstdCompressCtx zstd) {
    return with(compressed(pages, zstd), zstd, WORTHWHILE);
  }

  /**
   * The same for a column of many bytes that can be read in place: the first page speaks for all,
   * and more has to be saved.
   *
   * @param zstd borrowed
   */
  EncodedColumn compressedIfMuchSmaller(ZstdCompressCtx zstd) {
    Page first = pages.get(0).compressed(zstd);
    if (first.size() > pages.get(0).size() * (1 - WORTHWHILE_IN_PLACE)) {
      return this;
    }
    List<Page> all = new ArrayList<>(List.of(first));
    all.addAll(compressed(pages.subList(1, pages.size()), zstd));
    return with(all, zstd, WORTHWHILE_IN_PLACE);
  }

  private static List<Page> compressed(List<Page> pages, ZstdCompressCtx zstd) {
    return pages.stream().map(page -> page.compressed(zstd)).toList();
  }

  /** This with compressed pages, and dictionary, if they are smaller by a share. */
  private EncodedColumn with(List<Page> smallerPages, ZstdCompressCtx zstd, double worthwhile) {
    Dictionary smaller = dictionary == null ? null : dictionary.compressed(zstd);
    EncodedColumn compressed =
        new EncodedColumn(column, CompressionCodecName.ZSTD, smaller, smallerPages);
    return compressed.size() <= size() * (1 - worthwhile) ? compressed : this;
  }

  /** Bytes of all pages but for their headers. */
  long size() {
    return pages.stream().mapToLong(Page::size).sum()
        + (dictionary == null ? 0 : dictionary.body().remaining());
  }

  private static ByteBuffer compress(List<ByteBuffer> parts, ZstdCompressCtx zstd) {
    byte[] plain = new byte[parts.stream().mapToInt(ByteBuffer::remaining).sum()];
    int at = 0;
    for (ByteBuffer part : parts) {
      int length = part.remaining();
      part.duplicate().get(plain, at, length);
      at += length;
    }
    return ByteBuffer.wrap(ZstdCompression.smallest(plain, zstd));
  }

  private static int checksum(List<ByteBuffer> parts) {
    CRC32 crc = new CRC32();
    parts.forEach(part -> crc.update(part.duplicate()));
    return (int) crc.getValue();
  }

  long values() {
    return pages.stream().mapToLong(Page::values).sum();
  }
}
