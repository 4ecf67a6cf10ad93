package io.arrowquant.quantize;

import java.util.Map;
import java.util.TreeMap;

/** The parts of a range of weights as they turn up in row groups: each weight must, once. */
final class FoundRanges {

  private final TreeMap<Long, Long> ends = new TreeMap<>();
  private boolean twice;

  void add(long from, long to) {
    twice |= ends.put(from, to) != null;
  }

  /** Whether the parts make up {@code [from, to)} without hole or overlap. */
  boolean make(long from, long to) {
    long at = from;
    for (Map.Entry<Long, Long> part : ends.entrySet()) {
      if (part.getKey() != at) {
        return false;
      }
      at = part.getValue();
    }
    return !twice && at == to;
  }
}
