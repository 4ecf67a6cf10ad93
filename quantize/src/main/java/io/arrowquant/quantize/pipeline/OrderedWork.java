package io.arrowquant.quantize.pipeline;

import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.ThreadEnd;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Numbered pieces of work done by N threads, their results taken in order by the calling thread.
 * Order in is order out whatever N; at most a fixed number of results wait. The first error, or an
 * interrupt of the calling thread, stops all threads and closes every result not yet taken.
 *
 * @param <T> a result, owned by whoever holds it; closed where it can be
 */
public final class OrderedWork<T> {

  private final int count;
  private final int window;
  private final Map<Integer, T> done = new HashMap<>();
  private int nextToStart;
  private int nextToTake;
  private Throwable failure;

  /**
   * @param count pieces, numbered from 0
   * @param window results that may wait or be in the making
   */
  public OrderedWork(int count, int window) {
    this.count = count;
    this.window = window;
  }

  /**
   * Runs all pieces.
   *
   * @param threads how many
   * @param workers makes for each thread what does a piece of a number
   * @param taker takes over each result, in order, on the calling thread
   */
  public void run(int threads, Supplier<IntFunction<T>> workers, Consumer<T> taker) {
    Thread[] running = new Thread[Math.min(threads, Math.max(1, count))];
    for (int i = 0; i < running.length; i++) {
      running[i] = new Thread(() -> work(workers), "arrowquant-worker-" + i);
      running[i].setDaemon(true);
      running[i].start();
    }
    try {
      for (int i = 0; i < count; i++) {
        taker.accept(take(i));
      }
    } catch (InterruptedException e) {
      fail(new RunInterruptedException("The run was interrupted.", e));
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      fail(e);
    } finally {
      stop(running);
    }
    rethrow();
  }

  private void work(Supplier<IntFunction<T>> workers) {
    try {
      IntFunction<T> worker = workers.get();
      for (int piece = start(); piece >= 0; piece = start()) {
        put(piece, worker.apply(piece));
      }
    } catch (InterruptedException e) {
      // The calling thread stops the work; it knows why.
    } catch (Throwable e) {
      fail(e);
    }
  }

  private synchronized int start() throws InterruptedException {
    while (failure == null && nextToStart < count && nextToStart >= nextToTake + window) {
      wait();
    }
    return failure != null || nextToStart >= count ? -1 : nextToStart++;
  }

  private synchronized void put(int piece, T result) {
    if (failure != null) {
      close(result);
    } else {
      done.put(piece, result);
      notifyAll();
    }
  }

  private synchronized T take(int piece) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    while (failure == null && !done.containsKey(piece)) {
      wait();
    }
    rethrow();
    nextToTake = piece + 1;
    notifyAll();
    return done.remove(piece);
  }

  private synchronized boolean hasFailed() {
    return failure != null;
  }

  private synchronized void fail(Throwable e) {
    if (failure == null) {
      failure = e;
    } else if (failure != e && !(e instanceof RunInterruptedException)) {
      failure.addSuppressed(e);
    }
    notifyAll();
  }

  private void rethrow() {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }

  /**
   * Waits until no thread runs any more, even when interrupted, so that nothing leaks. After a
   * failure nobody is left to wait for a server.
   */
  private void stop(Thread[] running) {
    for (Thread thread : running) {
      if (hasFailed()) {
        thread.interrupt();
      }
      ThreadEnd.await(thread);
    }
    synchronized (this) {
      done.values().forEach(this::close);
      done.clear();
    }
  }

  private void close(T result) {
    if (!(result instanceof AutoCloseable closeable)) {
      return;
    }
    try {
      closeable.close();
    } catch (Exception e) {
      if (failure != null) {
        failure.addSuppressed(e);
      }
    }
  }
}
