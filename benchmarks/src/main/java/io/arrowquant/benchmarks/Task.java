package io.arrowquant.benchmarks;

/**
 * Something to measure.
 *
 * @param name in tables and JSON
 * @param bytes that go through it, 0 if that says nothing
 * @param weights that go through it, 0 if that says nothing
 */
record Task(String name, long bytes, long weights, Work work) {

  /** Prepares, has its lap time the work itself, and cleans up. */
  @FunctionalInterface
  interface Work {
    void run(Lap lap) throws Exception;
  }
}
