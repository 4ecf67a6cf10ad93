package io.arrowquant.spark.hadoop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** What files of Hadoop cannot do: be read and written at one time, locked, mapped. */
abstract class HadoopChannel extends FileChannel {

  @Override
  public int read(ByteBuffer target) throws IOException {
    throw new NonReadableChannelException();
  }

  @Override
  public int read(ByteBuffer target, long from) throws IOException {
    throw new NonReadableChannelException();
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
    throw new NonReadableChannelException();
  }

  @Override
  public long transferTo(long from, long count, WritableByteChannel target) throws IOException {
    throw new NonReadableChannelException();
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    throw new NonWritableChannelException();
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
    throw new NonWritableChannelException();
  }

  @Override
  public int write(ByteBuffer source, long at) throws IOException {
    throw new NonWritableChannelException();
  }

  @Override
  public FileChannel truncate(long newSize) throws IOException {
    throw new NonWritableChannelException();
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long at, long count) throws IOException {
    throw new NonWritableChannelException();
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long from, long length) {
    throw new UnsupportedOperationException("a file of a Hadoop file system cannot be mapped");
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
