package io.arrowquant.benchmarks;

/**
 * The most memory held at one time.
 *
 * @param heapBytes sum of the heap pools' peaks, garbage included
 * @param offHeapBytes in Arrow buffers, mappings excepted
 * @param anonymousRssBytes of the process: heap, buffers, JIT code and all else that is not a file;
 *     null where the operating system does not tell
 */
record Memory(long heapBytes, long offHeapBytes, Long anonymousRssBytes) {

  /** The greater of each. */
  Memory max(Memory other) {
    return new Memory(
        Math.max(heapBytes, other.heapBytes),
        Math.max(offHeapBytes, other.offHeapBytes),
        anonymousRssBytes == null || other.anonymousRssBytes == null
            ? null
            : (Long) Math.max(anonymousRssBytes, other.anonymousRssBytes));
  }
}
