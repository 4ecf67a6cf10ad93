package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.PageLayout;
import java.util.List;
import org.apache.arrow.util.AutoCloseables;

/**
 * A row group whose pages are encoded and only have to be written. Owns the buffers that the pages
 * refer to, so it is closed after writing.
 */
public final class EncodedRowGroup implements AutoCloseable {

  private static final int PAGE_HEADER = 40;

  private final PageLayout layout;
  private final List<EncodedColumn> columns;
  private final List<AutoCloseable> owned;

  EncodedRowGroup(PageLayout layout, List<EncodedColumn> columns, List<AutoCloseable> owned) {
    this.layout = layout;
    this.columns = columns;
    this.owned = owned;
  }

  public PageLayout layout() {
    return layout;
  }

  List<EncodedColumn> columns() {
    return columns;
  }

  /** Rows of the Parquet file, that is, pieces of matrix rows. */
  long rows() {
    return layout.pages().stream().mapToLong(PageLayout.Page::pieces).sum();
  }

  /** Bytes that writing will take, headers of pages estimated. */
  public long estimatedBytes() {
    long bytes = 0;
    for (EncodedColumn column : columns) {
      int pages = column.pages().size() + (column.dictionary() == null ? 0 : 1);
      bytes += column.size() + (long) pages * PAGE_HEADER;
    }
    return bytes;
  }

  @Override
  public void close() {
    AutoCloseables.closeNoChecked(
        () -> {
          AutoCloseables.close(owned);
        });
  }
}
