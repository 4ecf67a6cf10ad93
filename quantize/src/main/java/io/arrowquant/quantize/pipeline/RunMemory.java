package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.source.MappedBytes;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.util.AutoCloseables;

/**
 * The off-heap memory of one run: buffers, bounded by the configured limit, and mappings, which are
 * only counted, since their pages belong to the page cache.
 */
public final class RunMemory implements AutoCloseable {

  private final DiffusionQuantConfig config;
  private final BoundedMemory buffers;
  private final BufferAllocator mappings = new RootAllocator();

  /**
   * @param config its {@code maxMemoryLimitMb} bounds the buffers
   */
  public RunMemory(DiffusionQuantConfig config) {
    this.config = config;
    buffers =
        new BoundedMemory(
            config.maxMemoryLimitMb(), "raise max_memory_limit_mb or use fewer threads");
  }

  /** Bytes that buffers may have. */
  static long limit(DiffusionQuantConfig config) {
    return BoundedMemory.bytes(config.maxMemoryLimitMb());
  }

  /** Whether a unit can be held back in so many bytes until its last slice is measured. */
  static boolean holds(long limit, Unit unit) {
    return unit.estimatedBytes() <= limit / 4;
  }

  /** Bounded by the limit. */
  public BufferAllocator buffers() {
    return buffers.allocator();
  }

  /** Counts mapped bytes. */
  public BufferAllocator mappings() {
    return mappings;
  }

  /**
   * Does work in this memory; where that does not suffice, the failure says what would.
   *
   * @param source what is read, for messages
   * @throws MemoryLimitException if the limit does not suffice
   * @throws io.arrowquant.core.StorageException if a mapped file is cut short meanwhile
   */
  public <T> T within(Path source, int threads, Supplier<T> work) {
    return buffers.within(() -> withLimit(source, threads, work));
  }

  private <T> T withLimit(Path source, int threads, Supplier<T> work) {
    try {
      return work.get();
    } catch (MemoryLimitException e) {
      throw new MemoryLimitException(
          "Memory did not suffice, with max_memory_limit_mb at "
              + config.maxMemoryLimitMb()
              + " MiB and "
              + threads
              + " threads: "
              + e.getMessage(),
          e);
    } catch (InternalError e) {
      throw MappedBytes.lostPage(source, e);
    }
  }

  @Override
  public void close() {
    AutoCloseables.closeNoChecked(() -> AutoCloseables.close(buffers, mappings));
  }
}
