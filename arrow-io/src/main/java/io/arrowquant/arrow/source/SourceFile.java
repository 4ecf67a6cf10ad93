package io.arrowquant.arrow.source;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * An open file whose size is held against what it was when opened. An interrupted thread closes the
 * channel it works on: the others open it again and go on.
 */
final class SourceFile implements AutoCloseable {

  /** Work on the open channel. */
  @FunctionalInterface
  interface Operation<T> {
    T on(FileChannel channel) throws IOException;
  }

  private final Path path;
  private final long size;
  private FileChannel channel;
  private boolean closed;

  /** Opens a file for reading. */
  SourceFile(Path path) {
    this.path = path;
    try {
      this.channel = FileChannel.open(path, StandardOpenOption.READ);
      try {
        this.size = channel.size();
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (ClosedByInterruptException e) {
      throw interrupted(e);
    } catch (NoSuchFileException e) {
      throw new CheckpointNotFoundException("There is no file " + QuotedName.of(path) + ".", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(path, e);
    }
  }

  Path path() {
    return path;
  }

  /** Bytes in the file when it was opened. */
  long size() {
    return size;
  }

  /**
   * Works on the channel, again if another thread's interrupt closed it meanwhile.
   *
   * @throws RunInterruptedException if this thread is interrupted
   * @throws io.arrowquant.core.StorageException if the operation fails
   * @throws IllegalStateException if this file is closed
   */
  <T> T perform(Operation<T> operation) {
    while (true) {
      try {
        return operation.on(openChannel());
      } catch (ClosedByInterruptException e) {
        throw interrupted(e);
      } catch (ClosedChannelException e) {
        // Not this thread's doing: the next turn opens it again or finds this file closed.
      } catch (IOException e) {
        throw ArrowQuantException.whileReading(path, e);
      }
    }
  }

  /**
   * Checks that the range was in the file when it was opened and that the file has not shrunk: a
   * mapping beyond the end would fail at its first use.
   */
  void checkRange(long position, long length) {
    long now = perform(FileChannel::size);
    if (position < 0 || length < 0 || position > size - length) {
      throw new StorageException(
          QuotedName.of(path)
              + " has "
              + size
              + " bytes, but "
              + length
              + " from "
              + position
              + " were asked for.");
    }
    if (now < size) {
      throw new StorageException(
          QuotedName.of(path) + " has shrunk to " + now + " bytes, expected " + size + ".");
    }
  }

  private synchronized FileChannel openChannel() throws IOException {
    if (closed) {
      throw new IllegalStateException("source of " + QuotedName.of(path) + " is closed");
    }
    if (!channel.isOpen()) {
      channel = FileChannel.open(path, StandardOpenOption.READ);
    }
    return channel;
  }

  private RunInterruptedException interrupted(ClosedByInterruptException e) {
    return new RunInterruptedException("Reading " + QuotedName.of(path) + " was interrupted.", e);
  }

  @Override
  public synchronized void close() {
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(path, e);
    }
  }

  /** That the allocator's limit does not let a range in. */
  MemoryLimitException beyondMemory(
      String doing, long length, BufferAllocator allocator, OutOfMemoryException cause) {
    return new MemoryLimitException(
        doing
            + " "
            + length
            + " bytes of "
            + QuotedName.of(path)
            + " passes the limit of "
            + allocator.getLimit()
            + " bytes of allocator "
            + allocator.getName()
            + ", which holds "
            + allocator.getAllocatedMemory()
            + ".",
        cause);
  }
}
