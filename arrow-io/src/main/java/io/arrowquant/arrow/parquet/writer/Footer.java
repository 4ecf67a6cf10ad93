package io.arrowquant.arrow.parquet.writer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.PageEncodingStats;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;

/**
 * The end of a Parquet file. parquet-java keeps a column's encodings in a hash set of enum
 * constants, whose order differs from one JVM to the next; here they are sorted, so that the same
 * model gives the same bytes.
 */
final class Footer {

  static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  private static final int TAIL = 8;

  private Footer() {}

  /** Ends the file. */
  static void write(FileMetaData metadata, BlockFile file) throws IOException {
    sort(metadata);
    long start = file.position();
    Util.writeFileMetaData(metadata, file);
    ByteBuffer tail = ByteBuffer.allocate(TAIL).order(ByteOrder.LITTLE_ENDIAN);
    tail.putInt(Math.toIntExact(file.position() - start)).put(MAGIC).flip();
    file.write(tail);
  }

  /** Writes a file that parquet-java made, its footer sorted. */
  static void rewrite(byte[] parquet, BlockFile file) throws IOException {
    int length =
        ByteBuffer.wrap(parquet).order(ByteOrder.LITTLE_ENDIAN).getInt(parquet.length - TAIL);
    int start = parquet.length - TAIL - length;
    file.write(ByteBuffer.wrap(parquet, 0, start));
    write(Util.readFileMetaData(new ByteArrayInputStream(parquet, start, length)), file);
  }

  private static void sort(FileMetaData metadata) {
    for (RowGroup group : metadata.getRow_groups()) {
      for (ColumnChunk column : group.getColumns()) {
        column.getMeta_data().getEncodings().sort(null);
        if (column.getMeta_data().isSetEncoding_stats()) {
          column
              .getMeta_data()
              .getEncoding_stats()
              .sort(
                  Comparator.comparing(PageEncodingStats::getPage_type)
                      .thenComparing(PageEncodingStats::getEncoding));
        }
      }
    }
  }
}
