package io.arrowquant.arrow.source;

import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Equal pieces of one native allocation that are used again instead of freed: every page of fresh
 * memory costs a fault, and what C's allocator got back in pieces it keeps. An allocator counts a
 * piece while it is in use. Safe for use by many threads.
 */
final class Segments implements AutoCloseable {

  private final BufferAllocator allocator;
  private final long size;
  private final long slab;
  private final Deque<Long> free = new ArrayDeque<>();
  private int used;
  private boolean closed;

  /**
   * @param allocator counts what is in use
   * @param size bytes of each piece
   * @param count of pieces; pages of those never used are never touched
   */
  Segments(BufferAllocator allocator, long size, int count) {
    this.allocator = allocator;
    this.size = size;
    this.slab = MemoryUtil.allocateMemory(Math.max(1, size * count));
    for (int i = count - 1; i >= 0; i--) {
      free.push(slab + i * size);
    }
  }

  /** Memory that a range takes: a piece, or its own length where most of a piece would be idle. */
  long bytesFor(long length) {
    return length < size / 4 ? length : size;
  }

  /**
   * Room for a range that is no longer than a piece; the allocator's own where all pieces are in
   * use. Its last owner gives it back by closing it, also after this is closed.
   *
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not let it
   *     in
   */
  ArrowBuf take(long length) {
    Segment segment = bytesFor(length) < size ? null : next();
    if (segment == null) {
      return allocator.buffer(length).capacity(length);
    }
    try {
      return allocator.wrapForeignAllocation(segment).capacity(length);
    } catch (RuntimeException | Error e) {
      segment.release0();
      throw e;
    }
  }

  private synchronized Segment next() {
    if (closed || free.isEmpty()) {
      return null;
    }
    used++;
    return new Segment(free.pop());
  }

  private synchronized void giveBack(long address) {
    used--;
    free.push(address);
    freeIfIdle();
  }

  /** Frees the pieces, once those are back that are in use. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      freeIfIdle();
    }
  }

  private void freeIfIdle() {
    if (closed && used == 0) {
      MemoryUtil.freeMemory(slab);
    }
  }

  private final class Segment extends ForeignAllocation {
    private Segment(long address) {
      super(size, address);
    }

    @Override
    protected void release0() {
      giveBack(memoryAddress());
    }
  }
}
