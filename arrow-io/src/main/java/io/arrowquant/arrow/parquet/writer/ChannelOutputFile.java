package io.arrowquant.arrow.parquet.writer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/**
 * A new local file that Parquet writes to in large sequential blocks. Keeps the checksum of what
 * was written; closing forces the bytes to the disk.
 */
final class ChannelOutputFile implements OutputFile {

  private static final int BLOCK = 1 << 20;

  private final Path path;
  private final CRC32C crc = new CRC32C();
  private long size;

  ChannelOutputFile(Path path) {
    this.path = path;
  }

  /** CRC-32C of the file so far, blocks still buffered excepted. */
  int crc32c() {
    return (int) crc.getValue();
  }

  /** Bytes of the file, all of them once the stream is closed. */
  long size() {
    return size;
  }

  @Override
  public PositionOutputStream create(long blockSizeHint) throws IOException {
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    return new Stream(channel);
  }

  @Override
  public PositionOutputStream createOrOverwrite(long blockSizeHint) throws IOException {
    return create(blockSizeHint);
  }

  @Override
  public boolean supportsBlockSize() {
    return false;
  }

  @Override
  public long defaultBlockSize() {
    return 0;
  }

  @Override
  public String getPath() {
    return path.toString();
  }

  private final class Stream extends PositionOutputStream {

    private final FileChannel channel;
    private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
    private boolean closed;

    Stream(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public long getPos() {
      return size + block.position();
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
      int done = 0;
      while (done < length) {
        if (!block.hasRemaining()) {
          flush();
        }
        int part = Math.min(length - done, block.remaining());
        block.put(bytes, offset + done, part);
        done += part;
      }
    }

    @Override
    public void flush() throws IOException {
      block.flip();
      crc.update(block.duplicate());
      size += block.remaining();
      while (block.hasRemaining()) {
        channel.write(block);
      }
      block.clear();
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      try (channel) {
        flush();
        channel.force(true);
      }
    }
  }
}
