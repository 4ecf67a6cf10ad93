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
    int groups = batch.groups().getRowCount();
    float[] scales = new float[groups];
    float[] zeroPoints = new float[groups];
    for (int g = 0; g < groups; g++) {
      scales[g] =
          batch.hasCodebooks()
              ? batch.scaleLevels().get(batch.scaleIndices().get(g) & 0xff)
              : batch.scales().get(g);
      zeroPoints[g] =
          batch.hasCodebooks()
              ? batch.zeroPointLevels().get(batch.zeroPointIndices().get(g) & 0xff)
              : batch.zeroPoints().get(g);
    }
    return new BatchRows(batch, scales, zeroPoints, columnScales, new RunOffsets(batch.layout()));
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
    long start = batch.codes().getStartOffset(page);
    long end = batch.codes().getEndOffset(page);
    return batch.codes().getDataBuffer().slice(start, end - start);
  }

  @Override
  public float[] equalization(int run) {
    return columnScales[run];
  }
}
