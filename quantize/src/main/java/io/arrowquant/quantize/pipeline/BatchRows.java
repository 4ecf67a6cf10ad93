package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.PackedRows;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RunOffsets;
import org.apache.arrow.memory.ArrowBuf;

/**
 * A batch seen as a reader will see it. Borrows the batch.
 *
 * @param columnScales for each run what its weights were multiplied with, or null
 */
record BatchRows(
    QuantizedBatch batch,
    float[] scales,
    float[] zeroPoints,
    float[][] columnScales,
    RunOffsets offsets)
    implements PackedRows {

  static BatchRows of(QuantizedBatch batch, float[][] columnScales) {
    return new BatchRows(
        batch,
        batch.scaleValues(),
        batch.zeroPointValues(),
        columnScales,
        new RunOffsets(batch.layout()));
  }

  @Override
  public PageLayout layout() {
    return batch.layout();
  }

  @Override
  public int bits() {
    return batch.bits();
  }

  @Override
  public ArrowBuf codes(int page) {
    return batch.packed(page);
  }

  @Override
  public float[] equalization(int run) {
    return columnScales[run];
  }
}
