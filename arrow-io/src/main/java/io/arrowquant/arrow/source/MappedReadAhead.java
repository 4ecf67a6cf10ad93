package io.arrowquant.arrow.source;

import io.arrowquant.core.ThreadEnd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Brings pages of mapped files into memory in the order in which they will be read, never further
 * ahead of the last range taken than a window: a cold mapping alone is read in small pieces, each
 * waited for by who touches it. A hint only: where it fails, readers meet the error. Safe for use
 * by many threads.
 */
public final class MappedReadAhead implements AutoCloseable {

  private static final long WINDOW = 64L << 20;

  /** What one call asks of the disk; also what closing waits for. */
  private static final long STEP = 1L << 20;

  /** A range of a file's bytes. */
  public record Range(MappedByteSource source, long position, long length) {}

  private final List<Range> steps = new ArrayList<>();
  private final long window;
  private final Map<Range, Long> ends = new HashMap<>();
  private final Thread thread = new Thread(this::load, "arrowquant-read-ahead");
  private long taken;
  private long loaded;
  private boolean closed;

  /**
   * Begins to load.
   *
   * @param ranges in the order in which they will be taken
   */
  public MappedReadAhead(List<Range> ranges) {
    this(ranges, WINDOW);
  }

  MappedReadAhead(List<Range> ranges, long window) {
    this.window = window;
    long end = 0;
    for (Range range : ranges) {
      end += range.length();
      ends.put(range, end);
      add(range);
    }
    thread.setDaemon(true);
    thread.start();
  }

  /** Long ranges are loaded in steps, short neighbours together. */
  private void add(Range range) {
    long length;
    for (long at = 0; at < range.length(); at += length) {
      long position = range.position() + at;
      Range last = steps.isEmpty() ? null : steps.get(steps.size() - 1);
      if (last != null
          && last.source() == range.source()
          && last.position() + last.length() == position
          && last.length() < STEP) {
        length = Math.min(STEP - last.length(), range.length() - at);
        steps.set(
            steps.size() - 1, new Range(last.source(), last.position(), last.length() + length));
      } else {
        length = Math.min(STEP, range.length() - at);
        steps.add(new Range(range.source(), position, length));
      }
    }
  }

  /** Says that a range is being read: what lies before it is no longer loaded. */
  public synchronized void taken(Range range) {
    taken = Math.max(taken, ends.getOrDefault(range, 0L));
    notifyAll();
  }

  private void load() {
    try {
      long before = 0;
      for (Range step : steps) {
        if (!mayLoad(before + step.length())) {
          return;
        }
        if (isAhead(before)) {
          step.source().load(step.position(), step.length());
        }
        before += step.length();
      }
    } catch (InterruptedException | RuntimeException e) {
      // Readers meet what is wrong with the file.
    } catch (InternalError e) {
      if (!MappedBytes.isLostPage(e)) {
        throw e;
      }
    }
  }

  /** Waits until bytes up to an end lie in the window; false when closed. */
  private synchronized boolean mayLoad(long end) throws InterruptedException {
    while (!closed && end > taken + window) {
      wait();
    }
    loaded = end;
    return !closed;
  }

  private synchronized boolean isAhead(long start) {
    return start >= taken;
  }

  /** Bytes, in the order of the ranges, up to which pages were asked for or passed over. */
  synchronized long loaded() {
    return loaded;
  }

  /** False once everything is loaded, loading has failed, or this is closed. */
  boolean isRunning() {
    return thread.isAlive();
  }

  /** Stops loading; returns when nothing is under way any more. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    ThreadEnd.await(thread);
  }
}
