package io.arrowquant.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/** Numbered pieces shared out among threads, in no order and with nothing collected. */
final class Parallel {

  private Parallel() {}

  /**
   * Does all pieces.
   *
   * @param worker makes for each thread what does a piece of a number
   */
  static void run(int threads, int pieces, Supplier<IntConsumer> worker) {
    AtomicInteger next = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        running.add(
            pool.submit(
                () -> {
                  IntConsumer work = worker.get();
                  for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
                    work.accept(i);
                  }
                }));
      }
      for (Future<?> thread : running) {
        thread.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException("a piece of work failed: " + e, e);
    } finally {
      pool.shutdownNow();
    }
  }
}
