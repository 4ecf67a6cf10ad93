package io.arrowquant.core.remote;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** A file on a server as a channel: from what is kept of its start, else by ranges. */
final class RemoteChannel implements SeekableByteChannel {

  private final RemoteFile file;
  private long position;
  private boolean closed;

  RemoteChannel(RemoteFile file) throws IOException {
    this.file = file;
    file.start();
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (!target.hasRemaining()) {
      return 0;
    }
    if (position >= size()) {
      return -1;
    }
    int count = file.start().copy(position, target);
    if (count == 0) {
      count = (int) file.read(position, target.remaining(), (offset, bytes) -> target.put(bytes));
    }
    position += count;
    return count == 0 ? -1 : count;
  }

  @Override
  public long size() throws IOException {
    return file.size();
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) {
    position = newPosition;
    return this;
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public void close() {
    closed = true;
  }
}
