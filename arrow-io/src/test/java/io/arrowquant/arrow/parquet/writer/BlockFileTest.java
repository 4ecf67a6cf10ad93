package io.arrowquant.arrow.parquet.writer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockFileTest {

  @TempDir Path folder;

  /** Pieces of many lengths, smaller and larger than a block, until there are so many bytes. */
  private static CRC32C write(BlockFile file, long bytes) throws IOException {
    CRC32C crc = new CRC32C();
    Random random = new Random(1);
    byte[] piece = new byte[1 << 20];
    random.nextBytes(piece);
    while (file.position() < bytes) {
      int n = 1 + random.nextInt(random.nextBoolean() ? 5000 : piece.length);
      file.write(ByteBuffer.wrap(piece, piece.length - n, n));
      crc.update(piece, piece.length - n, n);
    }
    return crc;
  }

  @Test
  void holdsAllBytesInOrderThoughForcedBetween() throws IOException {
    Path path = folder.resolve("large");
    BlockFile file = new BlockFile(path);
    CRC32C expected = write(file, 70L << 20);
    file.close();
    CRC32C found = new CRC32C();
    found.update(Files.readAllBytes(path));
    assertEquals(Files.size(path), file.position());
    assertEquals(expected.getValue(), found.getValue());
    assertEquals((int) expected.getValue(), file.crc32c());
  }

  @Test
  void isForcedWhileItIsWritten() throws IOException {
    ForcedChannel channel = new ForcedChannel(null);
    try (BlockFile file = new BlockFile(channel, true)) {
      write(file, 70L << 20);
      assertEquals(0, channel.forcedWhole());
    }
    assertTrue(channel.forcedData() >= 1, "times: " + channel.forcedData());
    assertEquals(1, channel.forcedWhole());
  }

  @Test
  void isForcedOnceAtTheEndWhereWritingExcludesForcing() throws IOException {
    ForcedChannel channel = new ForcedChannel(null);
    try (BlockFile file = new BlockFile(channel, false)) {
      write(file, 70L << 20);
    }
    assertEquals(0, channel.forcedData());
    assertEquals(1, channel.forcedWhole());
  }

  @Test
  void aFailureBetweenIsToldWhenItIsClosed() throws IOException {
    IOException lost = new IOException("the disk is gone");
    ForcedChannel channel = new ForcedChannel(lost);
    BlockFile file = new BlockFile(channel, true);
    write(file, 40L << 20);
    assertSame(lost, assertThrows(IOException.class, file::close));
    assertFalse(channel.isOpen());
  }
}
