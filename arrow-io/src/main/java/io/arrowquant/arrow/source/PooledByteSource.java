package io.arrowquant.arrow.source;

import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * Reads into buffers of an allocator, whose limit bounds what is in memory at once. For file
 * systems where a mapping is slow or may fail under the reader's feet.
 */
public final class PooledByteSource implements ByteSource {

  private static final int CHUNK = 1 << 24;

  private final SourceFile file;
  private final BufferAllocator allocator;

  /**
   * @param allocator all buffers come from it
   */
  public PooledByteSource(Path file, BufferAllocator allocator) {
    this.file = new SourceFile(file);
    this.allocator = allocator;
  }

  @Override
  public long size() {
    return file.size();
  }

  /**
   * {@inheritDoc}
   *
   * @throws MemoryLimitException if the allocator has no room for the range
   */
  @Override
  public ArrowBuf read(long position, long length) {
    file.checkRange(position, length);
    ArrowBuf range = allocate(length);
    try {
      for (long done = 0; done < length; ) {
        int count = (int) Math.min(CHUNK, length - done);
        fill(range.nioBuffer(done, count), position + done);
        done += count;
      }
      range.writerIndex(length);
      return range;
    } catch (RuntimeException e) {
      range.close();
      throw e;
    }
  }

  private ArrowBuf allocate(long length) {
    try {
      // The allocator rounds up; the caller gets what it asked for.
      return allocator.buffer(length).capacity(length);
    } catch (OutOfMemoryException e) {
      throw file.beyondMemory("Reading", length, allocator, e);
    }
  }

  private void fill(ByteBuffer target, long start) {
    while (target.hasRemaining()) {
      long position = start + target.position();
      int count = file.perform(channel -> channel.read(target, position));
      if (count < 0) {
        throw new StorageException(
            QuotedName.of(file.path())
                + " ends at "
                + position
                + " bytes, expected "
                + file.size()
                + ".");
      }
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
