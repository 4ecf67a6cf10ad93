package io.arrowquant.arrow.source;

import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.ThreadEnd;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * Fetches ranges of files on servers in the order in which they will be asked for: neighbours in
 * one request, several requests at a time, never more bytes ahead than a window of the memory. Safe
 * for use by many threads.
 */
public final class ReadAhead implements AutoCloseable {

  private static final long LARGEST_WINDOW = 64L << 20;
  private static final int REQUESTS = 4;

  /** In a window: few and large, since each request costs processor time. */
  private static final int BLOCKS = 4;

  /** Blocks that readers hold slices of, about. */
  private static final int IN_USE = 4;

  /**
   * Blocks that a range may still join: plans go by names, so that neighbours in the file are near,
   * but not always next to each other, in the plan.
   */
  private static final int OPEN = 4;

  /** A range of a file's bytes. */
  public record Range(RemoteByteSource file, long position, long length) {}

  private final BufferAllocator memory;
  private final long window;
  private final KeptGaps gaps;
  private final Segments segments;
  private final List<Block> blocks = new ArrayList<>();
  private final Map<Range, Deque<Block>> byRange = new HashMap<>();
  private final Map<RemoteByteSource, TreeMap<Long, Long>> gapEnds = new HashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private int next;
  private int awaited = -1;
  private long ahead;
  private boolean closed;

  /** Neighbouring ranges that are fetched together. */
  private static final class Block {
    final RemoteByteSource file;
    final int index;
    final List<Range> gaps = new ArrayList<>();
    long start;
    long end;
    int uses;
    ArrowBuf bytes;
    Throwable failure;
    boolean awaited;

    Block(RemoteByteSource file, long start, int index) {
      this.file = file;
      this.start = start;
      this.index = index;
      end = start;
    }

    void add(Range range) {
      if (range.position() > end) {
        gaps.add(new Range(file, end, range.position() - end));
      }
      long rangeEnd = range.position() + range.length();
      if (rangeEnd < start) {
        gaps.add(new Range(file, rangeEnd, start - rangeEnd));
      }
      start = Math.min(start, range.position());
      end = Math.max(end, rangeEnd);
      uses++;
    }

    long lengthWith(Range range) {
      return Math.max(end, range.position() + range.length()) - Math.min(start, range.position());
    }

    long length() {
      return end - start;
    }
  }

  /**
   * Begins to fetch.
   *
   * @param memory gives the buffers; a quarter of its limit, and no more than 64 MiB, is used
   * @param ranges in the order in which they will be taken; a range may occur again
   * @param gaps takes what is read over; what it holds is not fetched
   */
  public ReadAhead(BufferAllocator memory, List<Range> ranges, KeptGaps gaps) {
    this.memory = memory;
    this.gaps = gaps;
    this.window = Math.max(1, Math.min(LARGEST_WINDOW, memory.getLimit() / 4));
    ranges.forEach(this::add);
    long longest = blocks.stream().mapToLong(Block::length).max().orElse(1);
    int count = (int) Math.min(blocks.size(), window / longest + IN_USE);
    this.segments = new Segments(memory, longest, count);
    for (int i = 0; i < Math.min(REQUESTS, blocks.size()); i++) {
      Thread thread = new Thread(this::fetch, "arrowquant-fetch-" + i);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  private void add(Range range) {
    if (range.length() == 0
        || range.length() > window / 2
        || gaps.holds(range)
        || liesInGap(range)) {
      return;
    }
    Block block = open(range);
    if (block == null) {
      Block last = blocks.isEmpty() ? null : blocks.get(blocks.size() - 1);
      boolean follows = last != null && isNear(last, range) && range.position() > last.start;
      long start = follows ? Math.min(last.end, range.position()) : range.position();
      block = new Block(range.file(), start, blocks.size());
      blocks.add(block);
    }
    int known = block.gaps.size();
    block.add(range);
    for (Range gap : block.gaps.subList(known, block.gaps.size())) {
      gapEnds
          .computeIfAbsent(gap.file(), f -> new TreeMap<>())
          .put(gap.position(), gap.position() + gap.length());
    }
    byRange.computeIfAbsent(range, r -> new ArrayDeque<>()).add(block);
  }

  /** A block that the range can come with, the newest first; null if there is none. */
  private Block open(Range range) {
    for (int i = blocks.size() - 1; i >= Math.max(0, blocks.size() - OPEN); i--) {
      Block block = blocks.get(i);
      if (isNear(block, range) && block.lengthWith(range) <= window / BLOCKS) {
        return block;
      }
    }
    return null;
  }

  /** Whether it will have come with ranges that are wanted before it. */
  private boolean liesInGap(Range range) {
    TreeMap<Long, Long> ends = gapEnds.get(range.file());
    Map.Entry<Long, Long> gap = ends == null ? null : ends.floorEntry(range.position());
    return gap != null && range.position() + range.length() <= gap.getValue();
  }

  /** A gap that takes less time than another request would is read over, and kept for later. */
  private boolean isNear(Block block, Range range) {
    long most = window / BLOCKS / 64;
    return block.file == range.file()
        && range.position() - block.end <= most
        && block.start - (range.position() + range.length()) <= most;
  }

  /**
   * A range that was foretold, waiting for it if need be.
   *
   * @return owned by the caller, or null where the range was not foretold or is taken already
   * @throws io.arrowquant.core.RemoteException if it could not be fetched
   */
  public synchronized ArrowBuf take(Range range) {
    Deque<Block> places = byRange.get(range);
    Block block = places == null ? null : places.poll();
    if (block == null) {
      return null;
    }
    await(block);
    ArrowBuf slice = block.bytes.slice(range.position() - block.start, range.length());
    slice.getReferenceManager().retain();
    if (--block.uses == 0) {
      ahead -= segments.bytesFor(block.length());
      block.bytes.close();
      block.bytes = null;
      notifyAll();
    }
    return slice;
  }

  private void await(Block block) {
    block.awaited = true;
    awaited = Math.max(awaited, block.index);
    notifyAll();
    try {
      while (block.bytes == null && block.failure == null && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunInterruptedException(
          "Reading " + QuotedName.of(block.file.path()) + " was interrupted.", e);
    }
    if (block.failure instanceof Error failure) {
      throw failure;
    }
    if (block.failure != null) {
      throw (RuntimeException) block.failure;
    }
    if (closed) {
      throw new IllegalStateException(
          "source of " + QuotedName.of(block.file.path()) + " is closed");
    }
  }

  private void fetch() {
    try {
      for (Block block = start(); block != null; block = start()) {
        fetch(block);
      }
    } catch (InterruptedException | RunInterruptedException e) {
      // Closed.
    }
  }

  private void fetch(Block block) throws InterruptedException {
    ArrowBuf bytes = null;
    Throwable failure = null;
    try {
      bytes = allocate(block);
      block.file.fill(block.start, bytes);
      for (Range gap : block.gaps) {
        gaps.add(
            block.file, gap.position(), bytes.slice(gap.position() - block.start, gap.length()));
      }
    } catch (RuntimeException | Error e) {
      // Told to those who wait for the block; this thread goes on with the next.
      failure = e;
    }
    synchronized (this) {
      if (failure != null || closed) {
        if (bytes != null) {
          bytes.close();
        }
        block.failure = failure;
      } else {
        block.bytes = bytes;
      }
      notifyAll();
    }
  }

  /**
   * The next block, once there is room for it, or somebody waits for it or a later one, who has
   * then left out what fills the window; null when all are under way.
   */
  private synchronized Block start() throws InterruptedException {
    while (!closed
        && next < blocks.size()
        && next > awaited
        && ahead + segments.bytesFor(blocks.get(next).length()) > window) {
      wait();
    }
    if (closed || next == blocks.size()) {
      return null;
    }
    Block block = blocks.get(next++);
    ahead += segments.bytesFor(block.length());
    return block;
  }

  /** Room that others hold comes free as they go on, unless it is this block they wait for. */
  private ArrowBuf allocate(Block block) throws InterruptedException {
    for (int attempt = 0; ; attempt++) {
      try {
        return segments.take(block.length());
      } catch (OutOfMemoryException e) {
        synchronized (this) {
          if (closed || block.awaited && attempt >= 100) {
            throw new MemoryLimitException(
                "reading "
                    + block.length()
                    + " bytes of "
                    + QuotedName.of(block.file.path())
                    + " passes the limit of "
                    + memory.getLimit()
                    + " bytes, of which "
                    + memory.getAllocatedMemory()
                    + " are taken",
                e);
          }
          wait(20);
        }
      }
    }
  }

  /** Stops what is under way; buffers already taken stay valid. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    for (Thread thread : threads) {
      thread.interrupt();
      ThreadEnd.await(thread);
    }
    synchronized (this) {
      for (Block block : blocks) {
        if (block.bytes != null) {
          block.bytes.close();
          block.bytes = null;
        }
      }
    }
    segments.close();
  }
}
