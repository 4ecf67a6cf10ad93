package io.arrowquant.spark.hadoop;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileRange;

/** Reads a file of known length anywhere; large reads are vectored, which object stores spread. */
final class HadoopReadChannel extends HadoopChannel {

  /** Bytes of one range of a vectored read: two to four of them make a slice of weights. */
  private static final int RANGE = 4 << 20;

  private final FSDataInputStream in;
  private final long size;
  private final String name;
  private long position;

  HadoopReadChannel(FSDataInputStream in, long size, String name) {
    this.in = in;
    this.size = size;
    this.name = name;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(ByteBuffer target, long from) throws IOException {
    if (from >= size) {
      return -1;
    }
    int count = (int) Math.min(target.remaining(), size - from);
    if (count <= RANGE) {
      byte[] bytes = new byte[count];
      in.readFully(from, bytes);
      target.put(bytes);
    } else {
      readVectored(target, from, count);
    }
    return count;
  }

  private void readVectored(ByteBuffer target, long from, int count) throws IOException {
    List<FileRange> ranges = new ArrayList<>();
    for (int done = 0; done < count; done += RANGE) {
      ranges.add(FileRange.createFileRange(from + done, Math.min(RANGE, count - done)));
    }
    in.readVectored(ranges, ByteBuffer::allocate);
    for (FileRange range : ranges) {
      try {
        target.put(range.getData().join());
      } catch (CompletionException e) {
        throw e.getCause() instanceof IOException cause ? cause : new IOException(name, e);
      }
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException(name);
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int count = read(target, position);
    position += Math.max(0, count);
    return count;
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
    long total = 0;
    for (int i = offset; i < offset + length; i++) {
      int count = read(targets[i]);
      if (count < 0) {
        return total == 0 ? -1 : total;
      }
      total += count;
    }
    return total;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public FileChannel position(long newPosition) {
    position = newPosition;
    return this;
  }

  @Override
  public long transferTo(long from, long count, WritableByteChannel target) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(RANGE, Math.min(count, size - from)));
    if (read(buffer, from) < 0) {
      throw new EOFException(name);
    }
    return target.write(buffer.flip());
  }

  @Override
  public void force(boolean metaData) {}

  @Override
  protected void implCloseChannel() throws IOException {
    in.close();
  }
}
