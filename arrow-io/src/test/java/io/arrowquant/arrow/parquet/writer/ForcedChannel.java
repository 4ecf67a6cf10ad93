package io.arrowquant.arrow.parquet.writer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.atomic.AtomicInteger;

/** A file that forgets what is written and counts how often it is forced to the disk. */
final class ForcedChannel extends FileChannel {

  private final IOException failure;
  private final AtomicInteger data = new AtomicInteger();
  private final AtomicInteger whole = new AtomicInteger();

  /**
   * @param failure of forcing data alone; null for none
   */
  ForcedChannel(IOException failure) {
    this.failure = failure;
  }

  /** How often data alone was forced. */
  int forcedData() {
    return data.get();
  }

  /** How often all was, what is known of the file included. */
  int forcedWhole() {
    return whole.get();
  }

  @Override
  public int write(ByteBuffer source) {
    int count = source.remaining();
    source.position(source.limit());
    return count;
  }

  @Override
  public void force(boolean metaData) throws IOException {
    (metaData ? whole : data).incrementAndGet();
    if (!metaData && failure != null) {
      throw failure;
    }
  }

  @Override
  protected void implCloseChannel() {}

  @Override
  public int read(ByteBuffer target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int read(ByteBuffer target, long from) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int write(ByteBuffer source, long at) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long position() {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileChannel position(long newPosition) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long size() {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileChannel truncate(long newSize) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferTo(long from, long count, WritableByteChannel target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long at, long count) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long from, long length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock lock(long from, long length, boolean shared) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileLock tryLock(long from, long length, boolean shared) {
    throw new UnsupportedOperationException();
  }
}
