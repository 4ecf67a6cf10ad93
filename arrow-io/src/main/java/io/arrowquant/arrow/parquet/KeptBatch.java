package io.arrowquant.arrow.parquet;

import io.arrowquant.core.safetensors.DType;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.util.AutoCloseables;

/**
 * Rows of kept tensors of one dtype: the source's bytes as they are. Owns the buffers.
 *
 * @param layout the rows; their group size is 0
 * @param dtype the source's
 * @param bytes for each run of the layout, its rows one after the other, little-endian
 */
public record KeptBatch(PageLayout layout, DType dtype, List<ArrowBuf> bytes)
    implements AutoCloseable {

  public KeptBatch {
    bytes = List.copyOf(bytes);
  }

  @Override
  public void close() {
    AutoCloseables.closeNoChecked(
        () -> {
          AutoCloseables.close(bytes);
        });
  }
}
