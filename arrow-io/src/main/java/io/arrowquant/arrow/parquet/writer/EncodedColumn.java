package io.arrowquant.arrow.parquet.writer;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * A column chunk ready to be written.
 *
 * @param column name of the top-level column
 * @param codec what the bodies of data pages are compressed with already
 * @param dictionary the dictionary page, or null; with one, the codec is UNCOMPRESSED
 * @param pages data pages, at least one
 */
record EncodedColumn(
    String column, CompressionCodecName codec, Dictionary dictionary, List<Page> pages) {

  /**
   * A dictionary page.
   *
   * @param plain the entries in PLAIN encoding
   * @param count how many
   * @param crc of the page's bytes
   */
  record Dictionary(ByteBuffer plain, int count, int crc) {

    static Dictionary of(ByteBuffer plain, int count) {
      return new Dictionary(plain, count, checksum(plain));
    }
  }

  /**
   * One data page, version 2.
   *
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
      CRC32 crc = new CRC32();
      crc.update(levels.duplicate());
      body.forEach(part -> crc.update(part.duplicate()));
      return new Page(
          rows,
          nulls,
          values,
          levels,
          repetitionLevels.length,
          encoding,
          body,
          uncompressedSize,
          statistics,
          (int) crc.getValue());
    }

    int bodySize() {
      return body.stream().mapToInt(ByteBuffer::remaining).sum();
    }
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }

  long values() {
    return pages.stream().mapToLong(Page::values).sum();
  }
}
