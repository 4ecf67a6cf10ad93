package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.FooterKeys;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.crypto.FileEncryptionProperties;
import org.apache.parquet.hadoop.ParquetFileWriter;

/** Writes row groups to one weights file, in the order given. Not for use by several threads. */
final class PartWriter implements AutoCloseable {

  private static final int INDEX_TRUNCATE_LENGTH = 64;
  private static final int STATISTICS_TRUNCATE_LENGTH = Integer.MAX_VALUE;

  private final Path path;
  private final ChannelOutputFile file;
  private final ParquetFileWriter writer;
  private int rowGroups;
  private long rows;

  /**
   * @param path a file that does not exist
   */
  PartWriter(Path path) {
    this.path = path;
    this.file = new ChannelOutputFile(path);
    try {
      this.writer =
          new ParquetFileWriter(
              file,
              WeightsSchema.PARQUET,
              ParquetFileWriter.Mode.CREATE,
              Long.MAX_VALUE,
              0,
              INDEX_TRUNCATE_LENGTH,
              STATISTICS_TRUNCATE_LENGTH,
              true,
              (FileEncryptionProperties) null);
      writer.start();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Row groups written so far. */
  int rowGroups() {
    return rowGroups;
  }

  long rows() {
    return rows;
  }

  long size() {
    return file.size();
  }

  int crc32c() {
    return file.crc32c();
  }

  /**
   * Appends a row group; the caller keeps it and closes it.
   *
   * @return bytes that it took in the file, footer excepted
   */
  long write(EncodedRowGroup group) {
    try {
      long before = writer.getPos();
      writer.startBlock(group.rows());
      for (EncodedColumn column : group.columns()) {
        write(column);
      }
      writer.endBlock();
      rowGroups++;
      rows += group.rows();
      return writer.getPos() - before;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void write(EncodedColumn column) throws IOException {
    writer.startColumn(descriptor(column.column()), column.values(), column.codec());
    if (column.dictionary() != null) {
      writer.writeDictionaryPage(column.dictionary());
    }
    for (EncodedColumn.Page page : column.pages()) {
      writer.writeDataPageV2(
          page.rows(),
          page.nulls(),
          page.values(),
          BytesInput.from(page.repetitionLevels()),
          BytesInput.from(page.definitionLevels()),
          page.encoding(),
          page.body(),
          page.uncompressedSize(),
          page.statistics());
    }
    writer.endColumn();
  }

  private static ColumnDescriptor descriptor(String column) {
    for (ColumnDescriptor descriptor : WeightsSchema.PARQUET.getColumns()) {
      if (descriptor.getPath()[0].equals(column)) {
        return descriptor;
      }
    }
    throw new IllegalStateException("no column " + column);
  }

  /** Writes the footer and forces the file to the disk. */
  void finish(Map<String, String> footer) {
    try {
      Map<String, String> all = new LinkedHashMap<>(footer);
      all.put(FooterKeys.ARROW_SCHEMA, FooterKeys.arrowSchema(WeightsSchema.ARROW));
      writer.end(all);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Lets go of the file; without {@link #finish} it is not a Parquet file. */
  @Override
  public void close() {
    try {
      writer.close();
    } catch (Exception e) {
      throw failed(e instanceof IOException io ? io : new IOException(e));
    }
  }

  private ArrowQuantException failed(IOException e) {
    return ArrowQuantException.whileWriting(path, e);
  }
}
