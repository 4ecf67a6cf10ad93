package io.arrowquant.arrow.parquet.reader;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;

/**
 * Parquet files whose pages have no checksums, as other writers make them: a change to a page then
 * reaches the decoders instead of ending at the checksum.
 */
final class WithoutChecksums {

  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
  private static final int TAIL = 8;

  private WithoutChecksums() {}

  static byte[] of(byte[] parquet) throws IOException {
    int length =
        ByteBuffer.wrap(parquet).order(ByteOrder.LITTLE_ENDIAN).getInt(parquet.length - TAIL);
    FileMetaData footer =
        Util.readFileMetaData(
            new ByteArrayInputStream(parquet, parquet.length - TAIL - length, length));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(MAGIC);
    for (RowGroup group : footer.getRow_groups()) {
      for (ColumnChunk column : group.getColumns()) {
        copy(parquet, column.getMeta_data(), out);
        column.unsetColumn_index_offset();
        column.unsetColumn_index_length();
        column.unsetOffset_index_offset();
        column.unsetOffset_index_length();
      }
    }
    int start = out.size();
    Util.writeFileMetaData(footer, out);
    out.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(out.size() - start).array());
    out.writeBytes(MAGIC);
    return out.toByteArray();
  }

  private static void copy(byte[] parquet, ColumnMetaData chunk, ByteArrayOutputStream out)
      throws IOException {
    boolean dictionary = chunk.getDictionary_page_offset() > 0;
    long from = dictionary ? chunk.getDictionary_page_offset() : chunk.getData_page_offset();
    ByteArrayInputStream pages =
        new ByteArrayInputStream(parquet, (int) from, (int) chunk.getTotal_compressed_size());
    int start = out.size();
    boolean first = true;
    while (pages.available() > 0) {
      PageHeader header = Util.readPageHeader(pages);
      if (header.isSetDictionary_page_header()) {
        chunk.setDictionary_page_offset(out.size());
      } else if (first) {
        chunk.setData_page_offset(out.size());
        first = false;
      }
      header.unsetCrc();
      Util.writePageHeader(header, out);
      out.writeBytes(pages.readNBytes(header.getCompressed_page_size()));
    }
    chunk.setTotal_compressed_size(out.size() - start);
  }
}
