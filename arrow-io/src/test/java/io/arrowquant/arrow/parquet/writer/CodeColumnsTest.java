package io.arrowquant.arrow.parquet.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdCompressCtx;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.TestBatches;
import io.arrowquant.arrow.parquet.encoding.ZstdCompression;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.junit.jupiter.api.Test;

class CodeColumnsTest {

  @Test
  void indicesTakeAboutTheirEntropy() {
    try (BufferAllocator allocator = new RootAllocator();
        ZstdCompressCtx zstd = ZstdCompression.context()) {
      PageLayout layout = PageLayout.of(List.of(new RowRun(0, "a", 0, 300, 1600, 16)));
      for (int seed = 0; seed < 40; seed++) {
        try (QuantizedBatch batch = TestBatches.random(layout, 2, true, seed, allocator).batch()) {
          List<EncodedColumn> columns = CodeColumns.of(batch, zstd);
          assertEquals(
              batch.isCompressible()
                  ? CompressionCodecName.ZSTD
                  : CompressionCodecName.UNCOMPRESSED,
              columns.get(0).codec());
          check(columns.get(1), batch.scaleLevels().getValueCount(), layout);
          check(columns.get(2), batch.zeroPointLevels().getValueCount(), layout);
        }
      }
    }
  }

  /** Codes that are seldom large take their entropy; what would save less than 1/32 is let be. */
  @Test
  void codesTakeAboutTheirEntropy() {
    try (BufferAllocator allocator = new RootAllocator();
        ZstdCompressCtx zstd = ZstdCompression.context()) {
      PageLayout wide = PageLayout.of(List.of(new RowRun(0, "a", 0, 300, 1600, 16)));
      // Of two even 8-bit numbers the bits that both have: each bit is set in one of four.
      double entropy = 8 * (0.75 * Math.log(4 / 3.0) + 0.25 * Math.log(4)) / Math.log(2);
      try (QuantizedBatch batch = TestBatches.random(wide, 8, true, 2, allocator).batch()) {
        EncodedColumn codes = CodeColumns.of(batch, zstd).get(0);
        assertEquals(entropy, codes.size() * 8.0 / wide.values(), 0.1);
      }
      // Five bytes of levels for a row of 32 codes are worth it, those for a row of 1,600 are not.
      for (int columns : List.of(32, 1600)) {
        PageLayout layout = PageLayout.of(List.of(new RowRun(0, "a", 0, 300, columns, 16)));
        try (QuantizedBatch even =
            even(TestBatches.random(layout, 4, true, 1, allocator).batch())) {
          assertEquals(
              columns == 32 ? CompressionCodecName.ZSTD : CompressionCodecName.UNCOMPRESSED,
              CodeColumns.of(even, zstd).get(0).codec());
        }
      }
    }
  }

  /** The same batch, its evenly distributed codes said to be compressible. */
  private static QuantizedBatch even(QuantizedBatch batch) {
    return new QuantizedBatch(
        batch.layout(),
        batch.bits(),
        batch.codes(),
        batch.groups(),
        batch.scaleLevels(),
        batch.zeroPointLevels(),
        true);
  }

  /** All levels are as likely as another; ZSTD does not try where there are many. */
  private static void check(EncodedColumn column, int levels, PageLayout layout) {
    double bits = levels > 96 ? 8 : Math.log(levels) / Math.log(2);
    double entropy = layout.groups() * bits / 8;
    assertTrue(
        column.size() <= 1.08 * entropy + 4 * levels + 100,
        () -> levels + " levels take " + column.size() + " bytes instead of " + entropy);
  }
}
