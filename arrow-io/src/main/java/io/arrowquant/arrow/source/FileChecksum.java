package io.arrowquant.arrow.source;

import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * What a file's bytes are known again by.
 *
 * @param size in bytes
 * @param crc32c CRC-32C of all of them
 */
public record FileChecksum(long size, int crc32c) {

  private static final int BLOCK = 1 << 20;

  /**
   * Reads a file whole.
   *
   * @param read hears of bytes
   * @throws io.arrowquant.core.StorageException if reading fails
   */
  public static FileChecksum of(Path file, LongConsumer read) {
    CRC32C crc = new CRC32C();
    long size = 0;
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK, channel.size() + 1));
      while (channel.read(block.clear()) >= 0) {
        size += block.position();
        read.accept(block.position());
        crc.update(block.flip());
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
    return new FileChecksum(size, (int) crc.getValue());
  }
}
