package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.arrow.parquet.encoding.HybridRuns;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForLong;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.PrimitiveType;

/**
 * The columns that say which row a row is: layer_id, layer_name, row, col_start, group_size. Each
 * is one page per row group (or per {@link PageLayout#MAX_PAGE_VALUES} rows), with statistics, so
 * that a filter on them reads little else.
 */
final class KeyColumns {

  private KeyColumns() {}

  /** A run of rows: consecutive pieces of one run of the layout. */
  private record Span(RowRun run, int firstPiece, int pieces) {}

  static List<EncodedColumn> of(PageLayout layout) {
    List<List<Span>> pages = pages(layout);
    return List.of(
        dictionary(WeightsSchema.LAYER_ID, pages, run -> (long) run.layerId()),
        names(pages),
        rows(pages),
        columnStarts(pages),
        layout.runs().get(0).groupSize() == 0
            ? allNull(WeightsSchema.GROUP_SIZE, layout)
            : dictionary(WeightsSchema.GROUP_SIZE, pages, run -> (long) run.groupSize()));
  }

  /** A column that is null in every row. */
  static EncodedColumn allNull(String column, PageLayout layout) {
    boolean list = !WeightsSchema.PARQUET.getType(column).isPrimitive();
    List<EncodedColumn.Page> pages = new ArrayList<>();
    for (List<Span> page : pages(layout)) {
      int rows = count(page);
      HybridRuns definition = new HybridRuns(list ? 2 : 1);
      definition.add(0, rows);
      HybridRuns repetition = new HybridRuns(1);
      repetition.add(0, rows);
      pages.add(
          EncodedColumn.Page.of(
              rows,
              rows,
              rows,
              list ? repetition.encode() : new byte[0],
              definition.encode(),
              Encoding.PLAIN,
              List.of(),
              0,
              null));
    }
    return new EncodedColumn(column, CompressionCodecName.UNCOMPRESSED, null, pages);
  }

  private static List<List<Span>> pages(PageLayout layout) {
    List<List<Span>> pages = new ArrayList<>();
    List<Span> page = new ArrayList<>();
    int rows = 0;
    for (RowRun run : layout.runs()) {
      int pieces = run.rowCount() * run.piecesPerRow();
      for (int first = 0; first < pieces; ) {
        int count = Math.min(pieces - first, PageLayout.MAX_PAGE_VALUES - rows);
        page.add(new Span(run, first, count));
        first += count;
        rows += count;
        if (rows == PageLayout.MAX_PAGE_VALUES) {
          pages.add(page);
          page = new ArrayList<>();
          rows = 0;
        }
      }
    }
    if (rows > 0) {
      pages.add(page);
    }
    return pages;
  }

  private static int count(List<Span> page) {
    return page.stream().mapToInt(Span::pieces).sum();
  }

  @FunctionalInterface
  private interface KeyOfRun {
    long of(RowRun run);
  }

  /** An INT32 that is the same in all rows of a run. */
  private static EncodedColumn dictionary(String column, List<List<Span>> pages, KeyOfRun key) {
    Map<Long, Integer> entries = new LinkedHashMap<>();
    pages.forEach(
        page ->
            page.forEach(span -> entries.computeIfAbsent(key.of(span.run()), k -> entries.size())));
    PrimitiveType type = WeightsSchema.PARQUET.getType(column).asPrimitiveType();
    ByteBuffer plain = ByteBuffer.allocate(entries.size() * 4).order(ByteOrder.LITTLE_ENDIAN);
    entries.keySet().forEach(k -> plain.putInt(k.intValue()));
    List<EncodedColumn.Page> encoded = new ArrayList<>();
    for (List<Span> page : pages) {
      HybridRuns indices = new HybridRuns(HybridRuns.widthOf(entries.size()));
      Statistics<?> statistics = Statistics.createStats(type);
      for (Span span : page) {
        indices.add(entries.get(key.of(span.run())), span.pieces());
        statistics.updateStats((int) key.of(span.run()));
      }
      encoded.add(indexed(type, count(page), indices, entries.size(), statistics));
    }
    return new EncodedColumn(
        column,
        CompressionCodecName.UNCOMPRESSED,
        EncodedColumn.Dictionary.of(plain.flip(), entries.size()),
        encoded);
  }

  private static EncodedColumn names(List<List<Span>> pages) {
    Map<String, Integer> entries = new LinkedHashMap<>();
    pages.forEach(
        page ->
            page.forEach(
                span -> entries.computeIfAbsent(span.run().layerName(), k -> entries.size())));
    PrimitiveType type = WeightsSchema.PARQUET.getType(WeightsSchema.LAYER_NAME).asPrimitiveType();
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    for (String name : entries.keySet()) {
      byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
      plain.writeBytes(
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(utf8.length).array());
      plain.writeBytes(utf8);
    }
    List<EncodedColumn.Page> encoded = new ArrayList<>();
    for (List<Span> page : pages) {
      HybridRuns indices = new HybridRuns(HybridRuns.widthOf(entries.size()));
      Statistics<?> statistics = Statistics.createStats(type);
      for (Span span : page) {
        indices.add(entries.get(span.run().layerName()), span.pieces());
        statistics.updateStats(Binary.fromString(span.run().layerName()));
      }
      encoded.add(indexed(type, count(page), indices, entries.size(), statistics));
    }
    EncodedColumn.Dictionary dictionary =
        EncodedColumn.Dictionary.of(ByteBuffer.wrap(plain.toByteArray()), entries.size());
    return new EncodedColumn(
        WeightsSchema.LAYER_NAME, CompressionCodecName.UNCOMPRESSED, dictionary, encoded);
  }

  private static EncodedColumn columnStarts(List<List<Span>> pages) {
    Map<Long, Integer> entries = new LinkedHashMap<>();
    for (List<Span> page : pages) {
      for (Span span : page) {
        for (int p = 0; p < span.run().piecesPerRow(); p++) {
          entries.computeIfAbsent(span.run().columnOfPiece(p), k -> entries.size());
        }
      }
    }
    PrimitiveType type = WeightsSchema.PARQUET.getType(WeightsSchema.COL_START).asPrimitiveType();
    ByteBuffer plain = ByteBuffer.allocate(entries.size() * 8).order(ByteOrder.LITTLE_ENDIAN);
    entries.keySet().forEach(plain::putLong);
    List<EncodedColumn.Page> encoded = new ArrayList<>();
    for (List<Span> page : pages) {
      HybridRuns indices = new HybridRuns(HybridRuns.widthOf(entries.size()));
      Statistics<?> statistics = Statistics.createStats(type);
      for (Span span : page) {
        int perRow = span.run().piecesPerRow();
        if (perRow == 1) {
          indices.add(entries.get(span.run().firstColumn()), span.pieces());
          statistics.updateStats(span.run().firstColumn());
          continue;
        }
        for (int p = span.firstPiece(); p < span.firstPiece() + span.pieces(); p++) {
          long start = span.run().columnOfPiece(p % perRow);
          indices.add(entries.get(start), 1);
          statistics.updateStats(start);
        }
      }
      encoded.add(indexed(type, count(page), indices, entries.size(), statistics));
    }
    return new EncodedColumn(
        WeightsSchema.COL_START,
        CompressionCodecName.UNCOMPRESSED,
        EncodedColumn.Dictionary.of(plain.flip(), entries.size()),
        encoded);
  }

  /** Row numbers count up, so deltas cost next to nothing. */
  private static EncodedColumn rows(List<List<Span>> pages) {
    PrimitiveType type = WeightsSchema.PARQUET.getType(WeightsSchema.ROW).asPrimitiveType();
    List<EncodedColumn.Page> encoded = new ArrayList<>();
    for (List<Span> page : pages) {
      Statistics<?> statistics = Statistics.createStats(type);
      DeltaBinaryPackingValuesWriterForLong writer =
          new DeltaBinaryPackingValuesWriterForLong(
              1024, 1 << 20, HeapByteBufferAllocator.getInstance());
      for (Span span : page) {
        int perRow = span.run().piecesPerRow();
        for (int p = span.firstPiece(); p < span.firstPiece() + span.pieces(); p++) {
          writer.writeLong(span.run().firstRow() + p / perRow);
        }
        statistics.updateStats(span.run().firstRow() + span.firstPiece() / perRow);
        statistics.updateStats(
            span.run().firstRow() + (span.firstPiece() + span.pieces() - 1) / perRow);
      }
      encoded.add(
          page(
              type,
              count(page),
              Encoding.DELTA_BINARY_PACKED,
              bytes(writer.getBytes()),
              statistics));
    }
    return new EncodedColumn(WeightsSchema.ROW, CompressionCodecName.UNCOMPRESSED, null, encoded);
  }

  private static ByteBuffer bytes(BytesInput input) {
    try {
      return ByteBuffer.wrap(input.toInputStream().readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static EncodedColumn.Page indexed(
      PrimitiveType type, int rows, HybridRuns indices, int entries, Statistics<?> statistics) {
    byte[] width = {(byte) HybridRuns.widthOf(entries)};
    byte[] runs = indices.encode();
    ByteBuffer body = ByteBuffer.allocate(1 + runs.length).put(width).put(runs).flip();
    return page(type, rows, Encoding.RLE_DICTIONARY, body, statistics);
  }

  private static EncodedColumn.Page page(
      PrimitiveType type, int rows, Encoding encoding, ByteBuffer body, Statistics<?> statistics) {
    byte[] definitionLevels = new byte[0];
    if (type.isRepetition(PrimitiveType.Repetition.OPTIONAL)) {
      HybridRuns present = new HybridRuns(1);
      present.add(1, rows);
      definitionLevels = present.encode();
    }
    return EncodedColumn.Page.of(
        rows,
        0,
        rows,
        new byte[0],
        definitionLevels,
        encoding,
        List.of(body),
        body.remaining(),
        statistics);
  }
}
