package io.arrowquant.arrow.source;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.remote.RemoteFile;
import io.arrowquant.core.remote.RemotePath;
import java.io.IOException;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * Reads a file on a server by HTTP ranges, one request for each range, into buffers of an allocator
 * whose limit bounds what is in memory at once. What can be told beforehand is better read through
 * {@link ReadAhead}.
 */
public final class RemoteByteSource implements ByteSource {

  private final RemotePath path;
  private final RemoteFile file;
  private final BufferAllocator allocator;
  private final long size;
  private final SmallRanges small = new SmallRanges();
  private volatile boolean closed;

  /**
   * @param allocator all buffers come from it
   */
  public RemoteByteSource(RemotePath path, BufferAllocator allocator) {
    this.path = path;
    this.allocator = allocator;
    try {
      this.file = path.file();
      this.size = file.size();
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(path, e);
    }
  }

  @Override
  public long size() {
    return size;
  }

  /**
   * {@inheritDoc}
   *
   * @throws MemoryLimitException if the allocator has no room for the range
   * @throws io.arrowquant.core.RemoteException if the server does not give it, or the file changed
   */
  @Override
  public ArrowBuf read(long position, long length) {
    if (closed) {
      throw new IllegalStateException("source of " + QuotedName.of(path) + " is closed");
    }
    if (position < 0 || length < 0 || position > size - length) {
      throw new StorageException(
          "file "
              + QuotedName.of(path)
              + " has "
              + size
              + " bytes, but "
              + length
              + " from "
              + position
              + " were asked for");
    }
    ArrowBuf range = allocate(length);
    try {
      byte[] known = small.get(position, length);
      if (known != null) {
        range.setBytes(0, known);
      } else {
        fill(position, range);
        small.put(position, length, range);
      }
      return range.writerIndex(length);
    } catch (RuntimeException | Error e) {
      range.close();
      throw e;
    }
  }

  /** Room for a range of this file, owned by the caller. */
  ArrowBuf allocate(long length) {
    try {
      return allocator.buffer(length).capacity(length);
    } catch (OutOfMemoryException e) {
      throw new MemoryLimitException(
          "reading "
              + length
              + " bytes of "
              + QuotedName.of(path)
              + " passes the limit of "
              + allocator.getLimit()
              + " bytes, of which "
              + allocator.getAllocatedMemory()
              + " are taken",
          e);
    }
  }

  RemotePath path() {
    return path;
  }

  /** Reads as many bytes as the buffer has, which the file is known to hold. */
  void fill(long position, ArrowBuf target) {
    try {
      long got = file.read(position, target.capacity(), target::setBytes);
      if (got < target.capacity()) {
        throw new StorageException(
            "file " + QuotedName.of(path) + " ends " + (target.capacity() - got) + " bytes early");
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(path, e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
