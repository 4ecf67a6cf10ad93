package io.arrowquant.arrow.parquet.writer;

import com.github.luben.zstd.ZstdCompressCtx;
import io.arrowquant.arrow.parquet.KeptBatch;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.arrow.parquet.encoding.ZstdCompression;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;

/**
 * Turns the rows of a slice into the pages of a row group. Runs on workers; writing is for later.
 */
public final class RowGroupEncoder {

  private RowGroupEncoder() {}

  /**
   * Takes over the batch: its buffers become page bodies without a copy.
   *
   * @return owned by the caller
   */
  public static EncodedRowGroup encode(QuantizedBatch batch) {
    try (ZstdCompressCtx zstd = ZstdCompression.context()) {
      List<EncodedColumn> columns = new ArrayList<>(KeyColumns.of(batch.layout()));
      columns.addAll(CodeColumns.of(batch, zstd));
      columns.add(KeyColumns.allNull(WeightsSchema.VALUES, batch.layout()));
      columns.add(KeyColumns.allNull(WeightsSchema.DATA, batch.layout()));
      return new EncodedRowGroup(batch.layout(), columns, List.of(batch));
    } catch (RuntimeException | Error e) {
      AutoCloseables.close(e, batch);
      throw e;
    }
  }

  /**
   * Takes over the batch.
   *
   * @param allocator for compressed pages
   * @return owned by the caller
   */
  public static EncodedRowGroup encode(KeptBatch batch, BufferAllocator allocator) {
    List<AutoCloseable> owned = new ArrayList<>(List.of(batch));
    try (ZstdCompressCtx zstd = ZstdCompression.context()) {
      boolean values = batch.dtype().widensToFloat32();
      KeptColumns kept = new KeptColumns(batch, allocator, owned, zstd);
      List<EncodedColumn> columns = new ArrayList<>(KeyColumns.of(batch.layout()));
      columns.add(KeyColumns.allNull(WeightsSchema.CODES, batch.layout()));
      columns.add(KeyColumns.allNull(WeightsSchema.SCALES, batch.layout()));
      columns.add(KeyColumns.allNull(WeightsSchema.ZERO_POINTS, batch.layout()));
      columns.add(
          values ? kept.values() : KeyColumns.allNull(WeightsSchema.VALUES, batch.layout()));
      columns.add(values ? KeyColumns.allNull(WeightsSchema.DATA, batch.layout()) : kept.data());
      return new EncodedRowGroup(batch.layout(), columns, owned);
    } catch (RuntimeException | Error e) {
      AutoCloseables.close(e, owned);
      throw e;
    }
  }
}
