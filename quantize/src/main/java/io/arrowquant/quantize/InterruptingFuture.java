package io.arrowquant.quantize;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A future whose cancellation interrupts the thread that computes it. */
final class InterruptingFuture<T> extends CompletableFuture<T> {

  private volatile Thread thread;

  void start(Supplier<T> work) {
    thread =
        new Thread(
            () -> {
              try {
                complete(work.get());
              } catch (Throwable e) {
                completeExceptionally(e);
              }
            },
            "arrowquant-run");
    thread.start();
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    if (cancelled) {
      thread.interrupt();
    }
    return cancelled;
  }
}
