package io.arrowquant.quantize.diff;

import io.arrowquant.arrow.source.MappedBytes;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.safetensors.DType;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** Walks over two cursors at one pace, however differently they are cut. For one thread. */
final class TensorComparison {

  private final BufferAllocator memory;
  private final DistanceSums sums = new DistanceSums();
  private boolean equalBytes = true;
  private boolean measured = true;

  TensorComparison(BufferAllocator memory) {
    this.memory = memory;
  }

  /** Compares all values; both have as many. */
  void compare(TensorCursor before, TensorCursor after) {
    long leftBefore = 0;
    long leftAfter = 0;
    while (true) {
      if (leftBefore == 0) {
        leftBefore = before.next() ? before.count() : 0;
      }
      if (leftAfter == 0) {
        leftAfter = after.next() ? after.count() : 0;
      }
      long n = Math.min(leftBefore, leftAfter);
      if (n == 0) {
        return;
      }
      add(slice(before, leftBefore, n), before.dtype(), slice(after, leftAfter, n), after.dtype());
      leftBefore -= n;
      leftAfter -= n;
    }
  }

  private static ArrowBuf slice(TensorCursor cursor, long left, long n) {
    int bits = cursor.dtype().bits();
    return cursor.bytes().slice((cursor.count() - left) * bits / 8, n * bits / 8);
  }

  private void add(ArrowBuf before, DType beforeType, ArrowBuf after, DType afterType) {
    equalBytes = equalBytes && beforeType == afterType && MappedBytes.holds(before, 0, after);
    measured &= Widening.supports(beforeType) && Widening.supports(afterType);
    if (!measured) {
      return;
    }
    int n = Math.toIntExact(before.capacity() * 8 / beforeType.bits());
    try (ArrowBuf first = memory.buffer((long) n * Float.BYTES);
        ArrowBuf second = memory.buffer((long) n * Float.BYTES)) {
      Widening.widen(beforeType, before, first, 0, n);
      Widening.widen(afterType, after, second, 0, n);
      sums.add(first, second, n);
    }
  }

  /** Null where a dtype has no real numbers. */
  Distance distance() {
    return measured ? sums.distance() : null;
  }

  /** Whether every element is the same, by its bits where both have one dtype. */
  boolean isSame() {
    return equalBytes;
  }
}
