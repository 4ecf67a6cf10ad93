package io.arrowquant.quantize.pipeline;

import io.arrowquant.core.MemoryLimitException;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;

/** Buffers outside the heap, of a limited size in all. */
public final class BoundedMemory implements AutoCloseable {

  private final int mebibytes;
  private final String remedy;
  private final BufferAllocator allocator;

  /**
   * @param mebibytes the limit
   * @param remedy what the user can do where it does not suffice: half a sentence
   */
  public BoundedMemory(int mebibytes, String remedy) {
    this.mebibytes = mebibytes;
    this.remedy = remedy;
    allocator = new RootAllocator(bytes(mebibytes));
  }

  /** Bytes of a limit. */
  public static long bytes(int mebibytes) {
    return (long) mebibytes << 20;
  }

  /** Owned by this. */
  public BufferAllocator allocator() {
    return allocator;
  }

  /**
   * Does work in this memory.
   *
   * @throws MemoryLimitException if the limit does not suffice
   */
  public <T> T within(Supplier<T> work) {
    try {
      return work.get();
    } catch (OutOfMemoryException e) {
      throw new MemoryLimitException(
          "Off-heap memory ran out: of %d MiB, %d MiB were in use; %s."
              .formatted(mebibytes, allocator.getPeakMemoryAllocation() >> 20, remedy),
          e);
    }
  }

  @Override
  public void close() {
    allocator.close();
  }
}
