package io.arrowquant.arrow.parquet.writer;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A new file that is written from front to back in large blocks. What is small is gathered first;
 * what is large goes to the file from where it lies. Keeps the checksum of all bytes. They are
 * forced to the disk while more are written, and the last of them by closing.
 */
final class BlockFile extends OutputStream {

  private static final int BLOCK = 1 << 18;

  /** Bytes after which those written are forced. */
  private static final long FORCED = 32L << 20;

  private final FileChannel channel;
  private final BackgroundForce force;
  private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
  private final CRC32C crc = new CRC32C();
  private long flushed;
  private long forced;

  /**
   * @param path a file that does not exist
   */
  BlockFile(Path path) throws IOException {
    this(
        FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
        path.getFileSystem() == FileSystems.getDefault());
  }

  /**
   * @param channel at its beginning; closed with this
   * @param concurrent whether it may be forced while it is written
   */
  BlockFile(FileChannel channel, boolean concurrent) {
    this.channel = channel;
    this.force = concurrent ? new BackgroundForce(channel) : null;
  }

  /** Bytes written so far. */
  long position() {
    return flushed + block.position();
  }

  /** CRC-32C of all bytes, once closed. */
  int crc32c() {
    return (int) crc.getValue();
  }

  /** Writes what remains in the buffer, whose position stays. */
  void write(ByteBuffer bytes) throws IOException {
    if (bytes.remaining() > block.remaining()) {
      flush();
    }
    if (bytes.remaining() <= block.remaining()) {
      block.put(bytes.duplicate());
      return;
    }
    writeThrough(bytes.duplicate());
  }

  @Override
  public void write(int b) throws IOException {
    if (!block.hasRemaining()) {
      flush();
    }
    block.put((byte) b);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    write(ByteBuffer.wrap(bytes, offset, length));
  }

  @Override
  public void flush() throws IOException {
    block.flip();
    writeThrough(block);
    block.clear();
  }

  private void writeThrough(ByteBuffer bytes) throws IOException {
    crc.update(bytes.duplicate());
    flushed += bytes.remaining();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    if (force != null && flushed - forced >= FORCED && force.begin()) {
      forced = flushed;
    }
  }

  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      try (channel;
          force) {
        flush();
        channel.force(true);
      }
    }
  }
}
