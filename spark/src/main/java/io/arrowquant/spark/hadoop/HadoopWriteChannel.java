package io.arrowquant.spark.hadoop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.StreamCapabilities;

/** Writes a new file from front to back. */
final class HadoopWriteChannel extends HadoopChannel {

  private static final int BLOCK = 1 << 20;

  private final FSDataOutputStream out;
  private byte[] block = new byte[0];
  private long position;

  HadoopWriteChannel(FSDataOutputStream out) {
    this.out = out;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    int count = source.remaining();
    if (block.length < Math.min(count, BLOCK)) {
      block = new byte[Math.min(count, BLOCK)];
    }
    while (source.hasRemaining()) {
      int part = Math.min(source.remaining(), block.length);
      source.get(block, 0, part);
      out.write(block, 0, part);
    }
    position += count;
    return count;
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
    long total = 0;
    for (int i = offset; i < offset + length; i++) {
      total += write(sources[i]);
    }
    return total;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public FileChannel position(long newPosition) {
    throw new UnsupportedOperationException("a file of a Hadoop file system is written in order");
  }

  @Override
  public long size() {
    return position;
  }

  /** Object stores keep nothing until the file is closed, which makes it last. */
  @Override
  public void force(boolean metaData) throws IOException {
    if (out.hasCapability(StreamCapabilities.HSYNC)) {
      out.hsync();
    }
  }

  @Override
  protected void implCloseChannel() throws IOException {
    out.close();
  }
}
