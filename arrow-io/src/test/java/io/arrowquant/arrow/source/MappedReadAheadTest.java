package io.arrowquant.arrow.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MappedReadAheadTest {

  private static final int SIZE = (6 << 20) + 12_345;
  private static final int PART = 700_001;
  private static final long STEP = 1 << 20;
  private static final long WINDOW = 2 * STEP;

  @TempDir Path folder;

  private final BufferAllocator allocator = new RootAllocator();
  private final byte[] content = new byte[SIZE];
  private Path file;
  private MappedByteSource source;
  private List<MappedReadAhead.Range> ranges;

  @BeforeEach
  void open() throws IOException {
    new Random(1).nextBytes(content);
    file = Files.write(folder.resolve("weights"), content);
    // Windows small enough for some pieces to lie across their edges.
    source = new MappedByteSource(file, allocator, 1_500_000);
    ranges = new ArrayList<>();
    for (int at = 0; at < SIZE; at += PART) {
      ranges.add(new MappedReadAhead.Range(source, at, Math.min(PART, SIZE - at)));
    }
  }

  @AfterEach
  void close() {
    source.close();
    assertEquals(0, allocator.getAllocatedMemory());
    allocator.close();
  }

  @Test
  void staysWithinItsWindowAndFollowsTheReader() throws InterruptedException {
    try (MappedReadAhead ahead = new MappedReadAhead(ranges, WINDOW)) {
      long end = 0;
      for (MappedReadAhead.Range range : ranges) {
        // The piece after the last loaded one is what does not fit.
        long least = Math.min(SIZE, end + WINDOW - STEP + 1);
        while (ahead.loaded() < least) {
          Thread.sleep(1);
        }
        assertTrue(ahead.loaded() <= end + WINDOW);
        ahead.taken(range);
        end += range.length();
        assertRead(range);
      }
    }
  }

  @Test
  void rangesReadOutOfOrderOrUnforetoldDoNoHarm() throws InterruptedException {
    try (MappedReadAhead ahead = new MappedReadAhead(ranges, WINDOW)) {
      ahead.taken(new MappedReadAhead.Range(source, 1, 2));
      ahead.taken(ranges.get(ranges.size() - 1));
      ahead.taken(ranges.get(0));
      while (ahead.loaded() < SIZE) {
        Thread.sleep(1);
      }
      assertRead(ranges.get(3));
    }
  }

  @Test
  void closingStopsItWhileItWaits() throws InterruptedException {
    MappedReadAhead ahead = new MappedReadAhead(ranges, WINDOW);
    while (ahead.loaded() < WINDOW - STEP + 1) {
      Thread.sleep(1);
    }
    ahead.close();
    assertFalse(ahead.isRunning());
    long loaded = ahead.loaded();
    ahead.taken(ranges.get(ranges.size() - 1));
    assertEquals(loaded, ahead.loaded());
  }

  @Test
  void aFileCutShortEndsItQuietly() throws IOException, InterruptedException {
    try (MappedReadAhead ahead = new MappedReadAhead(ranges, WINDOW)) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(100);
      }
      // The next step lies within a window of the source.
      ahead.taken(ranges.get(3));
      while (ahead.isRunning()) {
        Thread.sleep(1);
      }
      assertTrue(ahead.loaded() <= SIZE);
    }
  }

  private void assertRead(MappedReadAhead.Range range) {
    try (ArrowBuf bytes = source.read(range.position(), range.length())) {
      for (int i = 0; i < range.length(); i++) {
        if (bytes.getByte(i) != content[(int) range.position() + i]) {
          assertEquals(content[(int) range.position() + i], bytes.getByte(i), "byte " + i);
        }
      }
    }
  }
}
