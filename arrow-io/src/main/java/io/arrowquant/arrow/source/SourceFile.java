package io.arrowquant.arrow.source;

import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** An open file whose size is held against what it was when opened. */
final class SourceFile implements AutoCloseable {

  private final Path path;
  private final FileChannel channel;
  private final long size;
  private volatile boolean closed;

  private SourceFile(Path path, FileChannel channel, long size) {
    this.path = path;
    this.channel = channel;
    this.size = size;
  }

  static SourceFile open(Path path) {
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      try {
        return new SourceFile(path, channel, channel.size());
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (NoSuchFileException e) {
      throw new CheckpointNotFoundException("file " + QuotedName.of(path) + " does not exist", e);
    } catch (IOException e) {
      throw new StorageException("cannot open " + QuotedName.of(path) + ": " + e, e);
    }
  }

  Path path() {
    return path;
  }

  FileChannel channel() {
    return channel;
  }

  long size() {
    return size;
  }

  void checkOpen() {
    if (closed) {
      throw new IllegalStateException("source of " + QuotedName.of(path) + " is closed");
    }
  }

  /**
   * Checks that the range was in the file when it was opened and that the file has not shrunk: a
   * mapping beyond the end would crash at its first use.
   */
  void checkRange(long position, long length) {
    checkOpen();
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
    try {
      long now = channel.size();
      if (now < size) {
        throw new StorageException(
            "file " + QuotedName.of(path) + " has shrunk to " + now + " bytes, expected " + size);
      }
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** What a failed operation means; an interrupted thread closes the channel for all threads. */
  RuntimeException failure(IOException e) {
    if (closed) {
      return new IllegalStateException("source of " + QuotedName.of(path) + " is closed", e);
    }
    if (e instanceof ClosedChannelException) {
      return new RunInterruptedException("reading " + QuotedName.of(path) + " was interrupted", e);
    }
    return new StorageException("cannot read " + QuotedName.of(path) + ": " + e, e);
  }

  @Override
  public void close() {
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      throw new StorageException("cannot close " + QuotedName.of(path) + ": " + e, e);
    }
  }
}
