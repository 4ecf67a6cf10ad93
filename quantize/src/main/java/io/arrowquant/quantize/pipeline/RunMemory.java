package io.arrowquant.quantize.pipeline;

import io.arrowquant.core.config.DiffusionQuantConfig;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.util.AutoCloseables;

/**
 * The off-heap memory of one run: buffers, bounded by the configured limit, and mappings, which are
 * only counted, since their pages belong to the page cache.
 */
final class RunMemory implements AutoCloseable {

  private final BufferAllocator buffers;
  private final BufferAllocator mappings = new RootAllocator();

  RunMemory(DiffusionQuantConfig config) {
    buffers = new RootAllocator((long) config.maxMemoryLimitMb() << 20);
  }

  BufferAllocator buffers() {
    return buffers;
  }

  BufferAllocator mappings() {
    return mappings;
  }

  @Override
  public void close() {
    AutoCloseables.closeNoChecked(() -> AutoCloseables.close(buffers, mappings));
  }
}
