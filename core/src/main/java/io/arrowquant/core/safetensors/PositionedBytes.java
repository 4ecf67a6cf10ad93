package io.arrowquant.core.safetensors;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** Bytes of known length that can be read anywhere: a file, an array, an object in a store. */
public interface PositionedBytes {

  /** Bytes in all. */
  long size() throws IOException;

  /**
   * Fills an array from {@code position} on.
   *
   * @throws EOFException if there are fewer bytes than the array holds
   */
  void readFully(long position, byte[] target) throws IOException;

  /** The bytes of an array, which is not copied. */
  static PositionedBytes of(byte[] bytes) {
    return new PositionedBytes() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void readFully(long position, byte[] target) throws IOException {
        if (position > bytes.length - target.length) {
          throw new EOFException();
        }
        System.arraycopy(bytes, (int) position, target, 0, target.length);
      }
    };
  }

  /** The bytes of an open file, which the caller closes; for one thread. */
  static PositionedBytes of(SeekableByteChannel channel) {
    return new PositionedBytes() {
      @Override
      public long size() throws IOException {
        return channel.size();
      }

      @Override
      public void readFully(long position, byte[] target) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(target);
        channel.position(position);
        while (buffer.hasRemaining()) {
          if (channel.read(buffer) < 0) {
            throw new EOFException();
          }
        }
      }
    };
  }
}
