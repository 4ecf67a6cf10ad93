package io.arrowquant.quantize.pipeline;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** Slices waiting for the last one of their unit. Owns them until they are taken. */
final class HeldResults implements AutoCloseable {

  private final Deque<SliceResult> results = new ArrayDeque<>();

  void add(SliceResult result) {
    results.add(result);
  }

  int size() {
    return results.size();
  }

  Iterable<SliceResult> results() {
    return results;
  }

  /** Gives the results away one by one; those not given stay owned here. */
  void giveTo(Consumer<SliceResult> taker) {
    while (!results.isEmpty()) {
      taker.accept(results.poll());
    }
  }

  @Override
  public void close() {
    giveTo(SliceResult::close);
  }
}
