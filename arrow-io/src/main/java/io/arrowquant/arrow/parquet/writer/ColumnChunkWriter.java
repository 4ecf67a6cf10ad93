package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.WeightsSchema;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.EncodingStats;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.DictionaryPageHeader;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.internal.column.columnindex.ColumnIndexBuilder;
import org.apache.parquet.internal.column.columnindex.OffsetIndexBuilder;
import org.apache.parquet.internal.hadoop.metadata.IndexReference;

/** Writes one column chunk, page after page, and keeps what the footer and the indexes need. */
final class ColumnChunkWriter {

  /** Bytes of a text that column indexes hold at most. */
  static final int INDEX_TRUNCATE_LENGTH = 64;

  private final ColumnDescriptor descriptor;
  private final OffsetIndexBuilder offsetIndex = OffsetIndexBuilder.getBuilder();
  private ColumnIndexBuilder columnIndex;
  private EncodedColumn column;
  private long firstRow;
  private ColumnChunkMetaData metadata;

  ColumnChunkWriter(EncodedColumn column) {
    this.column = column;
    this.descriptor = WeightsSchema.leaf(column.column());
    this.columnIndex =
        ColumnIndexBuilder.getBuilder(descriptor.getPrimitiveType(), INDEX_TRUNCATE_LENGTH);
  }

  /** Writes all pages, lets go of them, and says what the footer says of the chunk. */
  ColumnChunkMetaData write(BlockFile file) throws IOException {
    long start = file.position();
    long uncompressed = 0;
    EncodingStats.Builder encodings = new EncodingStats.Builder();
    Set<Encoding> used = EnumSet.noneOf(Encoding.class);
    if (column.dictionary() != null) {
      uncompressed += write(column.dictionary(), file);
      encodings.addDictEncoding(Encoding.PLAIN);
      used.add(Encoding.PLAIN);
    }
    long firstDataPage = file.position();
    Statistics<?> statistics = null;
    boolean indexed = true;
    for (EncodedColumn.Page page : column.pages()) {
      uncompressed += write(page, file);
      encodings.addDataEncoding(page.encoding());
      if (page.version() == 2) {
        encodings.withV2Pages();
      } else {
        used.add(Encoding.RLE);
      }
      used.add(page.encoding());
      indexed &= page.statistics() != null;
      if (indexed) {
        columnIndex.add(page.statistics());
        statistics = merged(statistics, page.statistics());
      }
    }
    if (!indexed) {
      columnIndex = ColumnIndexBuilder.getNoOpBuilder();
      statistics = Statistics.getBuilderForReading(descriptor.getPrimitiveType()).build();
    }
    metadata =
        ColumnChunkMetaData.get(
            ColumnPath.get(descriptor.getPath()),
            descriptor.getPrimitiveType(),
            column.codec(),
            encodings.build(),
            used,
            statistics,
            firstDataPage,
            column.dictionary() == null ? 0 : start,
            column.values(),
            file.position() - start,
            uncompressed);
    column = null;
    return metadata;
  }

  private static Statistics<?> merged(Statistics<?> before, Statistics<?> page) {
    if (before == null) {
      return page.copy();
    }
    before.mergeStatistics(page);
    return before;
  }

  private static long write(EncodedColumn.Dictionary dictionary, BlockFile file)
      throws IOException {
    long before = file.position();
    PageHeader header =
        new PageHeader(
            PageType.DICTIONARY_PAGE, dictionary.uncompressedSize(), dictionary.body().remaining());
    header.setCrc(dictionary.crc());
    header.setDictionary_page_header(
        new DictionaryPageHeader(dictionary.count(), org.apache.parquet.format.Encoding.PLAIN));
    Util.writePageHeader(header, file);
    long headerSize = file.position() - before;
    file.write(dictionary.body());
    return headerSize + dictionary.uncompressedSize();
  }

  private long write(EncodedColumn.Page page, BlockFile file) throws IOException {
    long before = file.position();
    int levels = page.levels().remaining();
    int compressed = levels + page.bodySize();
    PageHeader header =
        new PageHeader(
            page.version() == 2 ? PageType.DATA_PAGE_V2 : PageType.DATA_PAGE,
            levels + page.uncompressedSize(),
            compressed);
    header.setCrc(page.crc());
    if (page.version() == 2) {
      header.setData_page_header_v2(version2(page));
    } else {
      header.setData_page_header(version1(page));
    }
    Util.writePageHeader(header, file);
    long headerSize = file.position() - before;
    file.write(page.levels());
    for (ByteBuffer part : page.body()) {
      file.write(part);
    }
    offsetIndex.add(before, Math.toIntExact(file.position() - before), firstRow);
    firstRow += page.rows();
    return headerSize + levels + page.uncompressedSize();
  }

  private static DataPageHeader version1(EncodedColumn.Page page) {
    return new DataPageHeader(
        page.values(),
        org.apache.parquet.format.Encoding.valueOf(page.encoding().name()),
        org.apache.parquet.format.Encoding.RLE,
        org.apache.parquet.format.Encoding.RLE);
  }

  private DataPageHeaderV2 version2(EncodedColumn.Page page) {
    DataPageHeaderV2 data =
        new DataPageHeaderV2(
            page.values(),
            page.nulls(),
            page.rows(),
            org.apache.parquet.format.Encoding.valueOf(page.encoding().name()),
            page.levels().remaining() - page.repetitionLength(),
            page.repetitionLength());
    data.setIs_compressed(column.codec() != CompressionCodecName.UNCOMPRESSED);
    return data;
  }

  void writeColumnIndex(BlockFile file) throws IOException {
    org.apache.parquet.format.ColumnIndex index =
        ParquetMetadataConverter.toParquetColumnIndex(
            descriptor.getPrimitiveType(), columnIndex.build());
    if (index != null) {
      long start = file.position();
      Util.writeColumnIndex(index, file);
      metadata.setColumnIndexReference(
          new IndexReference(start, Math.toIntExact(file.position() - start)));
    }
  }

  void writeOffsetIndex(BlockFile file) throws IOException {
    long start = file.position();
    Util.writeOffsetIndex(ParquetMetadataConverter.toParquetOffsetIndex(offsetIndex.build()), file);
    metadata.setOffsetIndexReference(
        new IndexReference(start, Math.toIntExact(file.position() - start)));
  }
}
