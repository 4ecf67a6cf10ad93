package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.source.ByteSource;
import io.arrowquant.arrow.source.MappedByteSource;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.schema.MessageType;

/** One Parquet file of a model, mapped, its footer read. Owns the mapping. */
final class PartFile implements AutoCloseable {

  private static final int MAGIC = 'P' | 'A' << 8 | 'R' << 16 | '1' << 24;
  private static final int TAIL = 8;

  private final Path path;
  private final ByteSource source;
  private final ParquetMetadata metadata;

  private PartFile(Path path, ByteSource source, ParquetMetadata metadata) {
    this.path = path;
    this.source = source;
    this.metadata = metadata;
  }

  /**
   * Opens a file and checks that its columns are as expected.
   *
   * @param allocator accounts for the mapping
   */
  static PartFile open(Path path, MessageType schema, BufferAllocator allocator) {
    ByteSource source = new MappedByteSource(path, allocator);
    try {
      ParquetMetadata metadata = footer(path, source);
      if (!metadata.getFileMetaData().getSchema().getFields().equals(schema.getFields())) {
        throw new InvalidModelException(
            QuotedName.of(path) + " does not have the columns of " + schema.getName() + ".");
      }
      return new PartFile(path, source, metadata);
    } catch (RuntimeException | Error e) {
      source.close();
      throw e;
    }
  }

  private static ParquetMetadata footer(Path path, ByteSource source) {
    long size = source.size();
    if (size < 3 * 4) {
      throw new InvalidModelException(QuotedName.of(path) + " is too short for a Parquet file.");
    }
    try (ArrowBuf tail = source.read(size - TAIL, TAIL)) {
      int length = tail.getInt(0);
      if (tail.getInt(4) != MAGIC) {
        throw new InvalidModelException(
            QuotedName.of(path) + " is not a complete Parquet file: it does not end in PAR1.");
      }
      if (length < 0 || length > size - TAIL - 4) {
        throw new InvalidModelException(
            QuotedName.of(path) + " has a footer longer than the file.");
      }
      byte[] footer = new byte[length];
      try (ArrowBuf bytes = source.read(size - TAIL - length, length)) {
        bytes.getBytes(0, footer);
      }
      CompactThrift.check(ByteBuffer.wrap(footer));
      return new ParquetMetadataConverter()
          .readParquetMetadata(
              new ByteArrayInputStream(footer), ParquetMetadataConverter.NO_FILTER);
    } catch (IOException e) {
      throw new InvalidModelException(
          QuotedName.of(path) + " has a footer that cannot be read.", e);
    } catch (io.arrowquant.core.ArrowQuantException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      // The Thrift and Parquet libraries answer damaged bytes with whatever breaks first.
      throw new InvalidModelException(
          QuotedName.of(path) + " has a footer that makes no sense: " + e + ".", e);
    }
  }

  Path path() {
    return path;
  }

  String createdBy() {
    return metadata.getFileMetaData().getCreatedBy();
  }

  List<BlockMetaData> rowGroups() {
    return metadata.getBlocks();
  }

  long size() {
    return source.size();
  }

  /** The chunk of a top-level column in a row group, owned by the caller. */
  StoredChunk chunk(int rowGroup, String column) {
    return chunk(column(rowGroup, column));
  }

  /** What the footer says of a top-level column in a row group. */
  ColumnChunkMetaData column(int rowGroup, String column) {
    for (ColumnChunkMetaData chunk : rowGroups().get(rowGroup).getColumns()) {
      if (chunk.getPath().toArray()[0].equals(column)) {
        return chunk;
      }
    }
    throw new InvalidModelException(QuotedName.of(path) + " lacks the column " + column + ".");
  }

  StoredChunk chunk(ColumnChunkMetaData chunk) {
    String where = QuotedName.of(path) + ", column " + chunk.getPath().toDotString() + ",";
    long start = chunk.getStartingPos();
    long size = chunk.getTotalSize();
    if (start < 4 || size < 0 || start > source.size() - size || size > Integer.MAX_VALUE) {
      throw new InvalidModelException(where + " lies outside the file.");
    }
    return StoredChunk.read(where, chunk, source.read(start, size));
  }

  @Override
  public void close() {
    source.close();
  }
}
