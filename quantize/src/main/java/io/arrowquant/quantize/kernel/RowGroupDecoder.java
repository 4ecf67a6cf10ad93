package io.arrowquant.quantize.kernel;

import io.arrowquant.arrow.parquet.PackedRows;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Decodes ranges of a row group to float32, straight from its packed pages: {@code (code -
 * zero_point) * scale}, and where the tensor was equalized, that over its column's scale. One
 * instance per thread.
 */
public final class RowGroupDecoder {

  private final Decode decode = new Decode();

  /**
   * Decodes weights.
   *
   * @param rows the row group
   * @param first index of the first weight among those of the row group
   * @param count how many
   * @param target takes {@code 4 * count} bytes from its start
   */
  public void decode(PackedRows rows, long first, long count, ArrowBuf target) {
    long end = first + count;
    for (int r = rows.offsets().runOf(first); r < rows.layout().runs().size(); r++) {
      long from = Math.max(first, rows.offsets().firstWeight(r));
      if (from >= end) {
        return;
      }
      RowRun run = rows.layout().runs().get(r);
      long to = Math.min(end, rows.offsets().firstWeight(r) + run.weights());
      decodeRun(
          rows,
          run,
          rows.offsets().firstWeight(r),
          rows.offsets().firstGroup(r),
          from,
          to,
          target,
          first);
      if (rows.equalization(r) != null) {
        long column = run.firstColumn() + (from - rows.offsets().firstWeight(r)) % run.columns();
        ChannelScales.divide(
            target.memoryAddress() + (from - first) * Float.BYTES,
            Math.toIntExact(to - from),
            rows.equalization(r),
            Math.toIntExact(column),
            Math.toIntExact(run.firstColumn()),
            run.columns());
      }
    }
  }

  private void decodeRun(
      PackedRows rows,
      RowRun run,
      long runStart,
      int groupStart,
      long from,
      long to,
      ArrowBuf target,
      long first) {
    for (int p = 0; p < rows.layout().pages().size(); p++) {
      PageLayout.Page page = rows.layout().pages().get(p);
      long start = Math.max(from, page.firstValue());
      long end = Math.min(to, page.firstValue() + page.values());
      if (start >= end) {
        continue;
      }
      long inRun = start - runStart;
      int row = (int) (inRun / run.columns());
      int column = (int) (inRun % run.columns());
      int group = groupStart + row * run.groupsPerRow() + column / run.groupSize();
      decode.toFloat(
          rows.codes(p).memoryAddress(),
          rows.bits(),
          (int) (start - page.firstValue()),
          column,
          run.columns(),
          run.groupSize(),
          rows.scales(),
          rows.zeroPoints(),
          group,
          (int) (end - start),
          target.memoryAddress() + (start - first) * Float.BYTES);
    }
  }
}
