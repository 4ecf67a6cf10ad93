package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.plan.SlicePlan;
import java.util.List;

/**
 * A slice, done but for writing. Owns the row group.
 *
 * @param group null if a tensor to be quantized holds NaN or infinities
 * @param sums for each run what its quantization cost, or what its kept values are
 * @param crcs for each run the CRC-32C of its source bytes
 */
record SliceResult(
    SlicePlan.Slice slice, EncodedRowGroup group, List<ErrorSums> sums, List<Integer> crcs)
    implements AutoCloseable {

  @Override
  public void close() {
    if (group != null) {
      group.close();
    }
  }
}
