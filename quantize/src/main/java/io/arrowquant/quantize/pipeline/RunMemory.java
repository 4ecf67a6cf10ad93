package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.source.MappedBytes;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.plan.SlicePlan.Unit;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.util.AutoCloseables;

/**
 * The off-heap memory of one run: buffers, bounded by the configured limit, and mappings, which are
 * only counted, since their pages belong to the page cache.
 */
public final class RunMemory implements AutoCloseable {

  private final DiffusionQuantConfig config;
  private final BufferAllocator buffers;
  private final BufferAllocator mappings = new RootAllocator();

  /**
   * @param config its {@code maxMemoryLimitMb} bounds the buffers
   */
  public RunMemory(DiffusionQuantConfig config) {
    this.config = config;
    buffers = new RootAllocator(limit(config));
  }

  /** Bytes that buffers may have. */
  static long limit(DiffusionQuantConfig config) {
    return (long) config.maxMemoryLimitMb() << 20;
  }

  /** Whether a unit can be held back in so many bytes until its last slice is measured. */
  static boolean holds(long limit, Unit unit) {
    return unit.estimatedBytes() <= limit / 4;
  }

  /** Bounded by the limit. */
  public BufferAllocator buffers() {
    return buffers;
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
    try {
      return work.get();
    } catch (OutOfMemoryException e) {
      throw new MemoryLimitException(
          "Off-heap memory ran out: the limit max_memory_limit_mb is "
              + config.maxMemoryLimitMb()
              + " MiB, of which "
              + (buffers.getPeakMemoryAllocation() >> 20)
              + " MiB were in use; raise it or use fewer threads.",
          e);
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
