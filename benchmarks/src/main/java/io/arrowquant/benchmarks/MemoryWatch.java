package io.arrowquant.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Watches the process from its making to {@link #stop}. */
final class MemoryWatch {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String ANONYMOUS = "RssAnon:";
  private static final long INTERVAL_MILLIS = 4;

  private final List<MemoryPoolMXBean> heap =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP)
          .toList();
  private final Thread sampler = new Thread(this::sample, "memory-watch");
  private volatile boolean stopped;
  private Long peak;

  MemoryWatch() {
    heap.forEach(MemoryPoolMXBean::resetPeakUsage);
    sampler.setDaemon(true);
    sampler.start();
  }

  /**
   * Ends watching.
   *
   * @param offHeapBytes the peak that the watched work found itself
   */
  Memory stop(long offHeapBytes) {
    stopped = true;
    try {
      sampler.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long heapBytes = heap.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    return new Memory(heapBytes, offHeapBytes, peak);
  }

  private void sample() {
    if (!Files.isReadable(STATUS)) {
      return;
    }
    try {
      while (!stopped) {
        Long now = anonymousRss();
        if (now != null) {
          peak = peak == null ? now : (Long) Math.max(peak, now);
        }
        Thread.sleep(INTERVAL_MILLIS);
      }
    } catch (IOException | InterruptedException e) {
      peak = null;
    }
  }

  private static Long anonymousRss() throws IOException {
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith(ANONYMOUS)) {
        String kibibytes = line.substring(ANONYMOUS.length()).replace("kB", "").strip();
        return Long.parseLong(kibibytes) << 10;
      }
    }
    return null;
  }
}
