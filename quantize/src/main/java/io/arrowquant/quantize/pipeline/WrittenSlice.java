package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.measure.ErrorSums;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * What there is to know of a row group once it is in a file.
 *
 * @param runs what came of the rows of each tensor
 * @param storedBytes that it took; 0 where it was measured only
 */
public record WrittenSlice(List<Run> runs, long storedBytes) implements Serializable {

  private static final long serialVersionUID = 1;

  /**
   * Rows of one tensor.
   *
   * @param sums what their quantization cost, or what their kept values are
   * @param crc CRC-32C of their source bytes
   */
  public record Run(int layerId, long weights, ErrorSums sums, int crc) implements Serializable {
    private static final long serialVersionUID = 1;
  }

  static WrittenSlice of(SliceResult result, long storedBytes) {
    List<RowRun> rows = result.slice().layout().runs();
    List<Run> runs = new ArrayList<>(rows.size());
    for (int r = 0; r < rows.size(); r++) {
      runs.add(
          new Run(
              rows.get(r).layerId(),
              rows.get(r).weights(),
              result.sums().get(r),
              result.crcs().get(r)));
    }
    return new WrittenSlice(runs, storedBytes);
  }

  /** The bytes of the row group, shared out among its runs by their weights. */
  List<Long> shares() {
    long weights = runs.stream().mapToLong(Run::weights).sum();
    List<Long> shares = new ArrayList<>(runs.size());
    long before = 0;
    long shared = 0;
    for (int r = 0; r < runs.size(); r++) {
      before += runs.get(r).weights();
      long upTo = (long) ((double) storedBytes * before / weights);
      long share = (r == runs.size() - 1 ? storedBytes : upTo) - shared;
      shared += share;
      shares.add(share);
    }
    return shares;
  }
}
