package io.arrowquant.arrow.parquet.writer;

import java.util.List;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DictionaryPage;
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
    String column, CompressionCodecName codec, DictionaryPage dictionary, List<Page> pages) {

  /**
   * One data page, version 2.
   *
   * @param rows rows that begin in it
   * @param nulls leaf values that are null or absent
   * @param values leaf values, nulls included: the number of levels
   * @param body encoded and compressed values
   * @param uncompressedSize bytes of the body before compression
   * @param statistics of the page; null gives the chunk none
   */
  record Page(
      int rows,
      int nulls,
      int values,
      byte[] repetitionLevels,
      byte[] definitionLevels,
      Encoding encoding,
      BytesInput body,
      int uncompressedSize,
      Statistics<?> statistics) {}

  long values() {
    return pages.stream().mapToLong(Page::values).sum();
  }
}
