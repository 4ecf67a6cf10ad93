package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PrimitiveIterator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;

/**
 * A row group's pages in the form that parquet-java's record and column readers take: for the small
 * columns, where its decoders are fast enough. Owns the chunks it has opened.
 */
final class LibraryPages implements PageReadStore, AutoCloseable {

  /** No writer makes pages near this size of columns this small. */
  private static final long MAX_PAGE = 256L << 20;

  private final PartFile file;
  private final BlockMetaData rowGroup;
  private final Map<String, StoredChunk> open = new HashMap<>();

  LibraryPages(PartFile file, int rowGroup) {
    this.file = file;
    this.rowGroup = file.rowGroups().get(rowGroup);
  }

  @Override
  public PageReader getPageReader(ColumnDescriptor descriptor) {
    for (ColumnChunkMetaData column : rowGroup.getColumns()) {
      if (column.getPath().equals(pathOf(descriptor))) {
        StoredChunk chunk =
            open.computeIfAbsent(column.getPath().toDotString(), path -> file.chunk(column));
        return new Pages(chunk, descriptor);
      }
    }
    throw new InvalidModelException(
        QuotedName.of(file.path())
            + " lacks the column "
            + String.join(".", descriptor.getPath())
            + ".");
  }

  private static ColumnPath pathOf(ColumnDescriptor column) {
    return ColumnPath.get(column.getPath());
  }

  @Override
  public long getRowCount() {
    return rowGroup.getRowCount();
  }

  @Override
  public Optional<PrimitiveIterator.OfLong> getRowIndexes() {
    return Optional.empty();
  }

  @Override
  public void close() {
    AutoCloseables.closeNoChecked(() -> AutoCloseables.close(open.values()));
  }

  private static final class Pages implements PageReader {

    private final StoredChunk chunk;
    private final ColumnDescriptor column;
    private final Iterator<StoredPage> pages;
    private final long values;

    Pages(StoredChunk chunk, ColumnDescriptor column) {
      this.chunk = chunk;
      this.column = column;
      this.pages = chunk.pages().iterator();
      this.values = chunk.pages().stream().mapToLong(this::values).sum();
    }

    private long values(StoredPage page) {
      DataPageHeader version1 = page.header().getData_page_header();
      DataPageHeaderV2 version2 = page.header().getData_page_header_v2();
      int values =
          version2 != null
              ? version2.getNum_values()
              : version1 != null ? version1.getNum_values() : -1;
      int nulls = version2 == null ? 0 : version2.getNum_nulls();
      if (values < 0 || nulls < 0 || nulls > values) {
        throw new InvalidModelException(
            chunk.where()
                + " has a data page of "
                + values
                + " values, "
                + nulls
                + " of them null.");
      }
      return values;
    }

    @Override
    public DictionaryPage readDictionaryPage() {
      StoredPage page = chunk.dictionary();
      if (page == null) {
        return null;
      }
      ByteBuffer entries = chunk.whole(page, MAX_PAGE);
      int count = page.header().getDictionary_page_header().getNum_values();
      if (count < 0 || count > entries.remaining()) {
        throw new InvalidModelException(
            chunk.where() + " claims a dictionary of " + count + " entries, more than it has.");
      }
      return new DictionaryPage(
          input(entries), count, encoding(page.header().getDictionary_page_header().getEncoding()));
    }

    @Override
    public long getTotalValueCount() {
      return values;
    }

    @Override
    public DataPage readPage() {
      if (!pages.hasNext()) {
        return null;
      }
      StoredPage page = pages.next();
      Statistics<?> none = Statistics.getBuilderForReading(column.getPrimitiveType()).build();
      if (page.header().isSetData_page_header_v2()) {
        DataPageHeaderV2 header = chunk.version2(page);
        byte[] repetition = chunk.repetitionLevels(page);
        byte[] definition = chunk.definitionLevels(page);
        ByteBuffer values = chunk.values(page, MAX_PAGE);
        int count = header.getNum_values();
        RunLimits.checkLevels(repetition, column.getMaxRepetitionLevel(), count);
        RunLimits.checkLevels(definition, column.getMaxDefinitionLevel(), count);
        RunLimits.checkValues(values, header.getEncoding(), count - header.getNum_nulls());
        return DataPageV2.uncompressed(
            header.getNum_rows(),
            header.getNum_nulls(),
            count,
            BytesInput.from(repetition),
            BytesInput.from(definition),
            encoding(header.getEncoding()),
            input(values),
            none);
      }
      DataPageHeader header = page.header().getData_page_header();
      ByteBuffer whole = chunk.whole(page, MAX_PAGE);
      RunLimits.checkPage(whole, column, header.getEncoding(), header.getNum_values());
      return new DataPageV1(
          input(whole),
          header.getNum_values(),
          page.header().getUncompressed_page_size(),
          none,
          encoding(header.getRepetition_level_encoding()),
          encoding(header.getDefinition_level_encoding()),
          encoding(header.getEncoding()));
    }

    private BytesInput input(ByteBuffer bytes) {
      return BytesInput.from(List.of(bytes.slice()));
    }

    private Encoding encoding(org.apache.parquet.format.Encoding encoding) {
      return Encoding.valueOf(encoding.name());
    }
  }
}
