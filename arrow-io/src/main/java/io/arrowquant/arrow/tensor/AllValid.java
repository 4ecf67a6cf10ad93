package io.arrowquant.arrow.tensor;

import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/**
 * One bitmap of ones that all vectors share as their validity: given none, Arrow would allocate one
 * for each vector. It grows to the largest vector asked for. Safe for many threads.
 */
final class AllValid implements AutoCloseable {

  private static final int SMALLEST = 4096;

  private final BufferAllocator allocator;
  private ArrowBuf ones;
  private boolean closed;

  AllValid(BufferAllocator allocator) {
    this.allocator = allocator;
    this.ones = allocator.getEmpty();
  }

  /** Ones for so many values, in whole bytes, at least one. The caller closes the buffer. */
  synchronized ArrowBuf bits(int values) {
    if (closed) {
      throw new IllegalStateException("adapter is closed");
    }
    long bytes = Math.max(1, (values + 7L) / 8);
    if (ones.capacity() < bytes) {
      ArrowBuf larger = allocator.buffer(Math.max(SMALLEST, bytes));
      larger.setOne(0, larger.capacity());
      ones.close();
      ones = larger;
    }
    ArrowBuf bits = ones.slice(0, bytes);
    bits.getReferenceManager().retain();
    return bits;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      ones.close();
    }
  }
}
