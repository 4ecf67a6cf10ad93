package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.schema.MessageType;

/** Finds out from the key columns which rows a row group holds. */
final class StoredRows {

  private StoredRows() {}

  /**
   * The row group's rows as runs.
   *
   * @throws InvalidModelException if they are not whole rows of known layers in the order and the
   *     pieces that the format prescribes
   */
  static PageLayout layout(PartFile file, int rowGroup, List<LayerRecord> layers) {
    MessageType schema = WeightsSchema.PARQUET;
    List<RowRun> runs = new ArrayList<>();
    try (LibraryPages pages = new LibraryPages(file, rowGroup)) {
      ColumnReadStoreImpl columns =
          new ColumnReadStoreImpl(
              pages, new GroupRecordConverter(schema).getRootConverter(), schema, file.createdBy());
      ColumnReader ids = column(columns, schema, WeightsSchema.LAYER_ID);
      ColumnReader rows = column(columns, schema, WeightsSchema.ROW);
      ColumnReader starts = column(columns, schema, WeightsSchema.COL_START);
      long left = pages.getRowCount();
      long weights = 0;
      RowRun open = null;
      while (left > 0) {
        int id = ids.getInteger();
        long row = rows.getLong();
        if (id < 0 || id >= layers.size()) {
          throw disorder(file, "names layer " + id + ", which layers.parquet does not have");
        }
        long start = starts.getLong();
        if (open != null
            && open.layerId() == id
            && row == open.firstRow() + open.rowCount()
            && start == 0
            && layers.get(id).columns() <= RowRun.MAX_COLUMNS
            && open.firstColumn() == 0) {
          open = run(layers.get(id), open.firstRow(), 0, open.rowCount() + 1, file);
        } else {
          if (open != null) {
            runs.add(open);
          }
          if (open != null && id <= open.layerId()) {
            throw disorder(file, "has rows of layer " + id + " that do not follow each other");
          }
          open = run(layers.get(id), row, start, 1, file);
        }
        weights += open.columns();
        if (weights > PageLayout.MAX_ROW_GROUP_VALUES) {
          throw disorder(
              file, "has a row group of more than " + PageLayout.MAX_ROW_GROUP_VALUES + " weights");
        }
        for (int p = 0; p < open.piecesPerRow(); p++, left--) {
          if (left == 0
              || ids.getInteger() != id
              || rows.getLong() != row
              || starts.getLong() != open.columnOfPiece(p)) {
            throw disorder(file, "does not hold layer " + id + "'s row " + row + " whole");
          }
          ids.consume();
          rows.consume();
          starts.consume();
        }
      }
      if (open != null) {
        runs.add(open);
      }
    }
    return PageLayout.of(runs);
  }

  private static ColumnReader column(ColumnReadStoreImpl columns, MessageType schema, String name) {
    return columns.getColumnReader(schema.getColumnDescription(new String[] {name}));
  }

  private static RowRun run(
      LayerRecord layer, long firstRow, long firstColumn, int rowCount, PartFile file) {
    if (firstRow < 0
        || rowCount > layer.rows() - firstRow
        || firstColumn < 0
        || firstColumn >= layer.columns()
        || firstColumn > 0 && layer.columns() <= RowRun.MAX_COLUMNS) {
      throw disorder(file, "has a row that layer " + layer.layerId() + " does not have");
    }
    int groupSize = layer.quantization() == null ? 0 : layer.quantization().groupSize();
    return new RowRun(
        layer.layerId(),
        layer.name(),
        firstRow,
        firstColumn,
        rowCount,
        RowRun.columnsFrom(firstColumn, layer.columns(), groupSize),
        groupSize);
  }

  private static InvalidModelException disorder(PartFile file, String what) {
    return new InvalidModelException(QuotedName.of(file.path()) + " " + what + ".");
  }
}
