package io.arrowquant.arrow.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ByteSourceTest {

  private static final int SIZE = 100_003;

  @TempDir Path folder;
  @AutoClose private final BufferAllocator allocator = new RootAllocator();
  private final byte[] content = new byte[SIZE];
  private Path file;

  @BeforeEach
  void write() throws IOException {
    new Random(7).nextBytes(content);
    file = Files.write(folder.resolve("data.bin"), content);
  }

  @ParameterizedTest
  @EnumSource(
      value = IoMode.class,
      names = {"MMAP", "READ"})
  void readsAnyRange(IoMode mode) {
    try (ByteSource source = mode.open(file, allocator, allocator)) {
      assertEquals(SIZE, source.size());
      assertHolds(source, 0, SIZE);
      assertHolds(source, 1, 7);
      assertHolds(source, SIZE - 1, 1);
      assertHolds(source, SIZE, 0);
    }
  }

  @Test
  void readsAcrossWindows() {
    Random random = new Random(1);
    try (ByteSource source = new MappedByteSource(file, allocator, 4096)) {
      for (int i = 0; i < 300; i++) {
        int position = random.nextInt(SIZE);
        assertHolds(source, position, random.nextInt(Math.min(10_000, SIZE - position)));
      }
    }
  }

  @Test
  void sharesMappingsAndUnmapsWithTheLastOwner() throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/maps")), "needs /proc/self/maps");
    List<ArrowBuf> buffers = new ArrayList<>();
    try (ByteSource source = new MappedByteSource(file, allocator, 1 << 16)) {
      assertEquals(0, mappings());
      for (int i = 0; i < 1000; i++) {
        buffers.add(source.read(i * 60L + 1, 13));
      }
      assertEquals(1, mappings());
      assertEquals(
          buffers.get(0).memoryAddress() + 60, buffers.get(1).memoryAddress(), "no copy was made");
      buffers.add(source.read(70_000, 10));
      assertEquals(2, mappings());
      buffers.add(source.read(60_000, 10_000));
      assertEquals(3, mappings(), "a range across the edge is mapped by itself");
      buffers.remove(buffers.size() - 1).close();
      assertEquals(2, mappings());
    }
    assertEquals(2, mappings(), "buffers outlive their source");
    assertEquals(content[1], buffers.get(0).getByte(0));
    buffers.forEach(ArrowBuf::close);
    assertEquals(0, mappings());
  }

  @ParameterizedTest
  @EnumSource(
      value = IoMode.class,
      names = {"MMAP", "READ"})
  void refusesWhatIsNotThere(IoMode mode) throws IOException {
    try (ByteSource source = mode.open(file, allocator, allocator)) {
      assertThrows(StorageException.class, () -> source.read(SIZE - 1, 2));
      assertThrows(StorageException.class, () -> source.read(-1, 1));
      assertThrows(StorageException.class, () -> source.read(0, -1));
      assertThrows(StorageException.class, () -> source.read(Long.MAX_VALUE, Long.MAX_VALUE));
      assertHolds(source, 0, 10);
      truncate(500);
      StorageException shrunk = assertThrows(StorageException.class, () -> source.read(0, 10));
      assertTrue(shrunk.getMessage().contains(file.toString()), shrunk.getMessage());
      assertTrue(shrunk.getMessage().contains("500 bytes, expected " + SIZE), shrunk.getMessage());
    }
    assertThrows(
        CheckpointNotFoundException.class,
        () -> mode.open(folder.resolve("absent"), allocator, allocator));
  }

  @ParameterizedTest
  @EnumSource(
      value = IoMode.class,
      names = {"MMAP", "READ"})
  void useAfterCloseIsAnError(IoMode mode) {
    ByteSource source = mode.open(file, allocator, allocator);
    source.close();
    source.close();
    IllegalStateException error =
        assertThrows(IllegalStateException.class, () -> source.read(0, 1));
    assertTrue(error.getMessage().contains("closed"), error.getMessage());
  }

  @ParameterizedTest
  @EnumSource(
      value = IoMode.class,
      names = {"MMAP", "READ"})
  void interruptsAndLimitsAreTyped(IoMode mode) {
    try (BufferAllocator small = allocator.newChildAllocator("small", 0, 1024);
        ByteSource source = mode.open(file, small, small)) {
      MemoryLimitException error =
          assertThrows(MemoryLimitException.class, () -> source.read(0, 5000));
      assertTrue(error.getMessage().contains("1024"), error.getMessage());
      Thread.currentThread().interrupt();
      assertThrows(RunInterruptedException.class, () -> source.read(0, 10));
      assertTrue(Thread.interrupted(), "the interrupt is kept");
      assertThrows(
          MemoryLimitException.class, () -> source.read(0, SIZE), "others go on, within the limit");
    }
    try (ByteSource source = mode.open(file, allocator, allocator)) {
      Thread.currentThread().interrupt();
      assertThrows(RunInterruptedException.class, () -> source.read(0, 10));
      assertTrue(Thread.interrupted());
      assertHolds(source, 5, 10);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = IoMode.class,
      names = {"MMAP", "READ"})
  void oneThreadsInterruptLeavesTheOthersAlone(IoMode mode) throws InterruptedException {
    try (ByteSource source = mode.open(file, allocator, allocator)) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Thread reader =
          new Thread(
              () -> {
                for (int i = 0; i < 2000; i++) {
                  assertHolds(source, i * 40, 20);
                }
              });
      reader.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
      reader.start();
      while (reader.isAlive()) {
        Thread.currentThread().interrupt();
        assertThrows(RunInterruptedException.class, () -> source.read(0, 10));
        assertTrue(Thread.interrupted());
      }
      reader.join();
      assertNull(failure.get(), () -> String.valueOf(failure.get()));
    }
  }

  @Test
  void oneMappingHoldsAtMostTwoGiB() throws IOException {
    Path sparse = folder.resolve("sparse.bin");
    try (RandomAccessFile out = new RandomAccessFile(sparse.toFile(), "rw")) {
      out.setLength(3L << 30);
    }
    try (ByteSource source = new MappedByteSource(sparse, allocator)) {
      MemoryLimitException error =
          assertThrows(MemoryLimitException.class, () -> source.read(0, 1L << 31));
      assertTrue(error.getMessage().contains("2147483647"), error.getMessage());
      try (ArrowBuf largest = source.read((1L << 30) - 3, Integer.MAX_VALUE)) {
        assertEquals(0, largest.getByte(Integer.MAX_VALUE - 1));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"ext4,false", "xfs,false", "NFS4,true", "fuse.sshfs,true", "cifs,true", "apfs,false"})
  void knowsRemoteFileSystems(String type, boolean remote) {
    assertEquals(remote, IoMode.isRemote(type));
  }

  @Test
  void autoIsOneOfTheTwo() {
    assertFalse(IoMode.AUTO.resolve(file) == IoMode.AUTO);
    assertSame(IoMode.READ, IoMode.READ.resolve(file));
  }

  private void assertHolds(ByteSource source, int position, int length) {
    try (ArrowBuf buffer = source.read(position, length)) {
      assertEquals(length, buffer.readableBytes());
      byte[] bytes = new byte[length];
      buffer.getBytes(0, bytes);
      for (int i = 0; i < length; i++) {
        assertEquals(content[position + i], bytes[i]);
      }
    }
  }

  private void truncate(long size) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(size);
    }
  }

  private long mappings() throws IOException {
    String name = file.toRealPath().toString();
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(line -> line.endsWith(name))
        .count();
  }
}
