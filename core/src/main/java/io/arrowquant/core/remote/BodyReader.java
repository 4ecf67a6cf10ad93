package io.arrowquant.core.remote;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * Hands an answer's body on as it arrives and can be stopped at any time: after {@link #stop}
 * nothing reaches the sink any more, so that its memory may be freed.
 */
final class BodyReader implements BodySubscriber<Long> {

  private final long most;
  private final RangeSink sink;
  private final Traffic traffic;
  private final CompletableFuture<Long> body = new CompletableFuture<>();
  private Flow.Subscription subscription;
  private boolean stopped;
  private long received;
  private RuntimeException sinkFailure;
  private long lastNanos = System.nanoTime();

  /**
   * @param most bytes expected, or at least not to be passed
   */
  BodyReader(long most, RangeSink sink, Traffic traffic) {
    this.most = most;
    this.sink = sink;
    this.traffic = traffic;
  }

  /** Reads a body that nobody wants, up to a size that is cheaper than a new connection. */
  static BodyReader ignoring(Traffic traffic) {
    return new BodyReader(1 << 16, (offset, bytes) -> {}, traffic);
  }

  /** Bytes handed on so far. */
  synchronized long received() {
    return received;
  }

  /** What the sink threw, if it did. */
  synchronized RuntimeException sinkFailure() {
    return sinkFailure;
  }

  /** When something last arrived, by {@link System#nanoTime}. */
  synchronized long lastNanos() {
    return lastNanos;
  }

  /** No byte reaches the sink after this returns. */
  void stop() {
    Flow.Subscription open;
    synchronized (this) {
      stopped = true;
      open = subscription;
    }
    if (open != null) {
      open.cancel();
    }
    body.completeExceptionally(new IOException("stopped"));
  }

  @Override
  public CompletionStage<Long> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription opened) {
    boolean cancel;
    synchronized (this) {
      subscription = opened;
      cancel = stopped;
    }
    if (cancel) {
      opened.cancel();
    } else {
      opened.request(1);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    Flow.Subscription next;
    synchronized (this) {
      if (stopped) {
        return;
      }
      lastNanos = System.nanoTime();
      try {
        for (ByteBuffer buffer : buffers) {
          int count = buffer.remaining();
          traffic.received(count);
          if (count > most - received) {
            throw new IOException("the answer is longer than the " + most + " bytes asked for");
          }
          sink.accept(received, buffer);
          received += count;
        }
        next = subscription;
      } catch (IOException | RuntimeException e) {
        sinkFailure = e instanceof RuntimeException failure ? failure : null;
        stopped = true;
        subscription.cancel();
        body.completeExceptionally(e);
        return;
      }
    }
    next.request(1);
  }

  @Override
  public void onError(Throwable failure) {
    body.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    body.complete(received());
  }
}
