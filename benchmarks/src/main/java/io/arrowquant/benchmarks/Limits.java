package io.arrowquant.benchmarks;

import io.arrowquant.arrow.source.MappedByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** What the machine can do at best: copy memory, read a mapped file, write a file. */
final class Limits {

  /** Larger than most caches, so that it is memory that is copied. */
  private static final long MOST_COPIED = 1 << 29;

  private static final int PIECE = 1 << 24;
  private static final int BLOCK = 1 << 20;

  private final Path folder;
  private final AtomicLong blackHole = new AtomicLong();

  /**
   * @param folder on the disk that is written to
   */
  Limits(Path folder) {
    this.folder = folder;
  }

  /**
   * Copies off-heap memory, whole pieces and at most 512 MiB; its bytes are those copied, each read
   * once and written once.
   */
  Task memoryCopy(String name, long bytes, int copiers) {
    int pieces = (int) Math.max(1, Math.min(bytes, MOST_COPIED) / PIECE);
    return new Task(name, (long) pieces * PIECE, 0, lap -> copy(pieces, copiers, lap));
  }

  private static void copy(int pieces, int copiers, Lap lap) throws Exception {
    long bytes = (long) pieces * PIECE;
    try (BufferAllocator allocator = new RootAllocator();
        ArrowBuf from = allocator.buffer(bytes);
        ArrowBuf to = allocator.buffer(bytes)) {
      from.setOne(0, bytes);
      to.setZero(0, bytes);
      lap.time(
          () -> {
            Parallel.run(
                copiers,
                pieces,
                () -> i -> to.setBytes((long) i * PIECE, from, (long) i * PIECE, PIECE));
            return allocator.getPeakMemoryAllocation();
          });
    }
  }

  /** Maps the files and sums them up as longs: each page is touched, each byte loaded. */
  Task mappedRead(String name, List<Path> files, int readers) throws IOException {
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    return new Task(name, bytes, 0, lap -> lap.time(() -> read(files, readers)));
  }

  private long read(List<Path> files, int readers) {
    for (Path file : files) {
      try (BufferAllocator allocator = new RootAllocator();
          MappedByteSource source = new MappedByteSource(file, allocator)) {
        int pieces = Math.toIntExact((source.size() + PIECE - 1) / PIECE);
        Parallel.run(
            readers,
            pieces,
            () ->
                i -> {
                  long start = (long) i * PIECE;
                  long length = Math.min(PIECE, source.size() - start);
                  try (ArrowBuf piece = source.read(start, length)) {
                    blackHole.addAndGet(sum(piece.nioBuffer(0, (int) length)));
                  }
                });
      }
    }
    return 0;
  }

  private static long sum(ByteBuffer bytes) {
    LongBuffer longs = bytes.order(ByteOrder.nativeOrder()).asLongBuffer();
    long sum = 0;
    for (int i = 0; i < longs.limit(); i++) {
      sum += longs.get(i);
    }
    return sum;
  }

  /**
   * Writes a new file of incompressible bytes, block after block.
   *
   * @param forced whether it is forced to the disk, as a model's files are
   */
  Task write(String name, long bytes, boolean forced) {
    return new Task(
        name,
        bytes,
        0,
        lap -> {
          Path file = folder.resolve("limit");
          try {
            ByteBuffer block = noise();
            lap.time(() -> write(file, block, bytes, forced));
          } finally {
            Files.deleteIfExists(file);
          }
        });
  }

  private static long write(Path file, ByteBuffer block, long bytes, boolean forced)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      for (long done = 0; done < bytes; ) {
        block.position(0).limit((int) Math.min(BLOCK, bytes - done));
        done += channel.write(block);
      }
      if (forced) {
        channel.force(true);
      }
    }
    return 0;
  }

  private static ByteBuffer noise() {
    ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
    byte[] bytes = new byte[BLOCK];
    RandomGenerator.of("L64X128MixRandom").nextBytes(bytes);
    return block.put(bytes);
  }
}
