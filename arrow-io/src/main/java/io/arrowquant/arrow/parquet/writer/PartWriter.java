package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.FooterKeys;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.Version;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;

/**
 * Writes row groups to one weights file, in the order given. Pages go to the file from the buffers
 * they lie in; parquet-java's own file writer would copy each of them twice. Not for use by several
 * threads.
 */
public final class PartWriter implements AutoCloseable {

  /** Row groups that a part may have: its footer is held in memory by whoever opens it. */
  public static final int MAX_ROW_GROUPS = 2000;

  private static final int FORMAT_VERSION = 1;

  private final Path path;
  private final BlockFile file;
  private final List<List<ColumnChunkWriter>> rowGroups = new ArrayList<>();
  private final List<BlockMetaData> blocks = new ArrayList<>();
  private long rows;

  /**
   * @param path a file that does not exist, on any file system
   */
  public PartWriter(Path path) {
    this.path = path;
    try {
      this.file = new BlockFile(path);
      file.write(Footer.MAGIC);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Row groups written so far. */
  int rowGroups() {
    return rowGroups.size();
  }

  /**
   * Appends a row group; the caller keeps it and closes it.
   *
   * @return bytes that it took in the file, footer excepted
   */
  public long write(EncodedRowGroup group) {
    try {
      long before = file.position();
      List<ColumnChunkWriter> chunks = new ArrayList<>();
      BlockMetaData block = new BlockMetaData();
      for (EncodedColumn column : group.columns()) {
        ColumnChunkWriter chunk = new ColumnChunkWriter(column);
        block.addColumn(chunk.write(file));
        chunks.add(chunk);
      }
      block.setRowCount(group.rows());
      block.setOrdinal(rowGroups.size());
      block.setTotalByteSize(
          block.getColumns().stream().mapToLong(c -> c.getTotalUncompressedSize()).sum());
      blocks.add(block);
      rowGroups.add(chunks);
      rows += group.rows();
      return file.position() - before;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * Writes the indexes and the footer, and forces the file to the disk.
   *
   * @param name what the manifest is to call it
   */
  public ModelFile finish(String name, Map<String, String> footer) {
    Map<String, String> all = new LinkedHashMap<>(footer);
    all.put(FooterKeys.ARROW_SCHEMA, FooterKeys.arrowSchema(WeightsSchema.ARROW));
    try {
      for (List<ColumnChunkWriter> chunks : rowGroups) {
        for (ColumnChunkWriter chunk : chunks) {
          chunk.writeColumnIndex(file);
        }
      }
      for (List<ColumnChunkWriter> chunks : rowGroups) {
        for (ColumnChunkWriter chunk : chunks) {
          chunk.writeOffsetIndex(file);
        }
      }
      ParquetMetadata metadata =
          new ParquetMetadata(
              new FileMetaData(WeightsSchema.PARQUET, all, Version.FULL_VERSION), blocks);
      Footer.write(
          new ParquetMetadataConverter().toParquetMetadata(FORMAT_VERSION, metadata), file);
      file.close();
      return new ModelFile(name, file.position(), rows, Integer.toUnsignedLong(file.crc32c()));
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Lets go of the file; without {@link #finish} it is not a Parquet file. */
  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private ArrowQuantException failed(IOException e) {
    return ArrowQuantException.whileWriting(path, e);
  }
}
