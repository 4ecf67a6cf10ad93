package io.arrowquant.arrow.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileChecksumTest {

  @TempDir Path folder;

  /** The check value of CRC-32C (RFC 3720). */
  @Test
  void isCrc32cOfAllBytes() throws IOException {
    Path file =
        Files.write(folder.resolve("nine"), "123456789".getBytes(StandardCharsets.US_ASCII));
    assertEquals(new FileChecksum(9, 0xe3069283), FileChecksum.of(file, read -> {}));
  }

  @Test
  void hearsOfEveryByteOfLargeAndEmptyFiles() throws IOException {
    byte[] content = new byte[(2 << 20) + 3];
    new Random(1).nextBytes(content);
    Path file = Files.write(folder.resolve("large"), content);
    AtomicLong heard = new AtomicLong();
    CRC32C expected = new CRC32C();
    expected.update(content);
    assertEquals(
        new FileChecksum(content.length, (int) expected.getValue()),
        FileChecksum.of(file, heard::addAndGet));
    assertEquals(content.length, heard.get());
    assertEquals(
        new FileChecksum(0, 0), FileChecksum.of(Files.createFile(folder.resolve("e")), r -> {}));
  }

  @Test
  void aFileThatIsNotThereIsAnError() {
    assertThrows(StorageException.class, () -> FileChecksum.of(folder.resolve("none"), read -> {}));
  }
}
