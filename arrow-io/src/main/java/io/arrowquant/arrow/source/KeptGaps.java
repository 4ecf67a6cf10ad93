package io.arrowquant.arrow.source;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.arrow.memory.ArrowBuf;

/**
 * Bytes of files on servers that were read over on the way to others: norms and biases between the
 * matrices that are quantized first, which are wanted later and would cost a request each. Safe for
 * use by many threads.
 */
public final class KeptGaps {

  /** A model's small tensors come to a few MB. */
  private static final long MOST = 16L << 20;

  private final Map<RemoteByteSource, TreeMap<Long, byte[]>> files = new HashMap<>();
  private long size;

  /** Copies bytes, unless there are too many already. */
  synchronized void add(RemoteByteSource file, long position, ArrowBuf bytes) {
    TreeMap<Long, byte[]> gaps = files.computeIfAbsent(file, f -> new TreeMap<>());
    if (size + bytes.capacity() <= MOST && !gaps.containsKey(position)) {
      byte[] copy = new byte[(int) bytes.capacity()];
      bytes.getBytes(0, copy);
      gaps.put(position, copy);
      size += copy.length;
    }
  }

  synchronized boolean holds(ReadAhead.Range range) {
    return find(range) != null;
  }

  /**
   * What is kept of a range.
   *
   * @return owned by the caller; null where it is not there as a whole
   */
  public synchronized ArrowBuf read(ReadAhead.Range range) {
    Map.Entry<Long, byte[]> gap = find(range);
    if (gap == null) {
      return null;
    }
    ArrowBuf bytes = range.file().allocate(range.length());
    int from = (int) (range.position() - gap.getKey());
    bytes.setBytes(0, gap.getValue(), from, range.length());
    return bytes.writerIndex(range.length());
  }

  private Map.Entry<Long, byte[]> find(ReadAhead.Range range) {
    TreeMap<Long, byte[]> gaps = files.get(range.file());
    Map.Entry<Long, byte[]> gap = gaps == null ? null : gaps.floorEntry(range.position());
    boolean found =
        gap != null && range.position() - gap.getKey() <= gap.getValue().length - range.length();
    return found ? gap : null;
  }
}
