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
          assertEquals(CompressionCodecName.UNCOMPRESSED, columns.get(0).codec());
          check(columns.get(1), batch.scaleLevels().getValueCount(), layout);
          check(columns.get(2), batch.zeroPointLevels().getValueCount(), layout);
        }
      }
    }
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
