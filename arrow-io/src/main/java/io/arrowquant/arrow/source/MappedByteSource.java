package io.arrowquant.arrow.source;

import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Reads without a copy: buffers lie over mappings of the file. The file is covered by windows that
 * are mapped when first needed and shared, so any number of small ranges takes a handful of
 * mappings; a range across a window's edge gets a mapping of its own. A window is unmapped when
 * this source and all buffers over it are closed.
 *
 * <p>The file must not shrink while buffers are in use. That is checked at each read; touching
 * pages that go missing later raises an {@link InternalError} from the JVM.
 */
public final class MappedByteSource implements ByteSource {

  private static final long WINDOW = 1L << 30;

  private final SourceFile file;
  private final BufferAllocator allocator;
  private final long windowSize;
  private final Map<Long, Mapping> windows = new HashMap<>();

  /**
   * @param allocator mapped bytes are counted by it, though the pages belong to the operating
   *     system's cache: use one without a limit that matters
   */
  public MappedByteSource(Path file, BufferAllocator allocator) {
    this(file, allocator, WINDOW);
  }

  MappedByteSource(Path file, BufferAllocator allocator, long windowSize) {
    this.file = new SourceFile(file);
    this.allocator = allocator;
    this.windowSize = windowSize;
  }

  @Override
  public long size() {
    return file.size();
  }

  /**
   * {@inheritDoc}
   *
   * @throws MemoryLimitException if the range is longer than 2^31-1 bytes, the most that one
   *     mapping holds, or passes the allocator's limit
   */
  @Override
  public synchronized ArrowBuf read(long position, long length) {
    file.checkRange(position, length);
    if (length == 0) {
      return allocator.getEmpty();
    }
    if (length > Integer.MAX_VALUE) {
      throw new MemoryLimitException(
          "A range of "
              + length
              + " bytes of "
              + QuotedName.of(file.path())
              + " is longer than one mapping, "
              + Integer.MAX_VALUE
              + " bytes: read it in parts.");
    }
    long start = windowStart(position);
    if (position + length > start + windowSize) {
      return Mapping.of(file, position, length, allocator).bytes();
    }
    ArrowBuf range = window(start).bytes().slice(position - start, length);
    range.getReferenceManager().retain();
    return range;
  }

  private long windowStart(long position) {
    return position / windowSize * windowSize;
  }

  private synchronized Mapping window(long start) {
    return windows.computeIfAbsent(
        start, s -> Mapping.of(file, s, Math.min(windowSize, size() - s), allocator));
  }

  /**
   * Brings the pages of a range into memory, and waits for them. A range across a window's edge is
   * left to its reader.
   *
   * @throws io.arrowquant.core.StorageException if the file has shrunk
   * @throws InternalError from the JVM if it shrinks meanwhile
   */
  void load(long position, long length) {
    long start = windowStart(position);
    if (position + length > start + windowSize) {
      return;
    }
    Mapping window = window(start);
    // Holds the mapping.
    try (ArrowBuf range = read(position, length)) {
      window.load(position - start, range.capacity());
    }
  }

  @Override
  public synchronized void close() {
    windows.values().forEach(window -> window.bytes().close());
    windows.clear();
    file.close();
  }
}
