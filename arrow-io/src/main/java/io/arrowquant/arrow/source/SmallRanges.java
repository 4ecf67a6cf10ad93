package io.arrowquant.arrow.source;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.arrow.memory.ArrowBuf;

/**
 * The last few small ranges of a file, for those that are read again and again: the scales of a
 * tensor are needed with each slice of it.
 */
final class SmallRanges {

  private static final int LARGEST = 1 << 20;
  private static final int MOST = 8;

  private record Key(long position, long length) {}

  private final Map<Key, byte[]> ranges =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, byte[]> eldest) {
          return size() > MOST;
        }
      };

  /** The bytes, or null. */
  synchronized byte[] get(long position, long length) {
    return ranges.get(new Key(position, length));
  }

  synchronized void put(long position, long length, ArrowBuf from) {
    if (length <= LARGEST) {
      byte[] bytes = new byte[(int) length];
      from.getBytes(0, bytes);
      ranges.put(new Key(position, length), bytes);
    }
  }
}
