package io.arrowquant.core.remote;

import io.arrowquant.core.RunInterruptedException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * One request and its answer. The calling thread waits; the body is taken in by the client's
 * threads, and by none of them once this is over.
 */
final class Exchange {

  private final Function<ResponseInfo, BodyReader> bodies;
  private final Traffic traffic;
  private final long begun = System.nanoTime();
  private boolean over;
  private ResponseInfo info;
  private BodyReader body;

  /**
   * @param bodies what takes the body of an answer; null to ignore it
   */
  Exchange(Function<ResponseInfo, BodyReader> bodies, Traffic traffic) {
    this.bodies = bodies;
    this.traffic = traffic;
  }

  /**
   * Sends the request and takes in the answer as long as something arrives now and then.
   *
   * @return what broke the body off, null where it came whole
   * @throws IOException if no answer came at all
   */
  IOException run(HttpClient client, HttpRequest request, Duration stall) throws IOException {
    traffic.sent();
    CompletableFuture<HttpResponse<Long>> answer = client.sendAsync(request, this::begin);
    IOException failure = null;
    try {
      await(answer, stall);
    } catch (IOException e) {
      failure = e;
    } finally {
      end(answer);
    }
    if (body != null && body.sinkFailure() != null) {
      throw body.sinkFailure();
    }
    if (info == null) {
      throw failure == null ? new IOException("the connection was closed") : failure;
    }
    return failure;
  }

  /** Status and headers of the answer. */
  synchronized ResponseInfo info() {
    return info;
  }

  /** Bytes of the body that were handed on. */
  synchronized long received() {
    return body == null ? 0 : body.received();
  }

  private synchronized BodySubscriber<Long> begin(ResponseInfo answer) {
    BodyReader reader = over ? null : bodies.apply(answer);
    if (!over) {
      info = answer;
      body = reader;
    }
    return reader == null ? BodyReader.ignoring(traffic) : reader;
  }

  private void end(CompletableFuture<?> answer) {
    BodyReader open;
    synchronized (this) {
      over = true;
      open = body;
    }
    answer.cancel(true);
    if (open != null) {
      open.stop();
    }
  }

  private synchronized long lastNanos() {
    return body == null ? begun : body.lastNanos();
  }

  private void await(CompletableFuture<?> answer, Duration stall) throws IOException {
    try {
      while (true) {
        try {
          long tick = Math.max(1, Math.min(1000, stall.toMillis() / 4));
          answer.get(tick, TimeUnit.MILLISECONDS);
          return;
        } catch (TimeoutException e) {
          if (System.nanoTime() - lastNanos() > stall.toNanos()) {
            throw new HttpTimeoutException(
                "nothing arrived for " + stall.toMillis() / 1000.0 + " s");
          }
        }
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunInterruptedException("Reading over the network was interrupted.", e);
    }
  }
}
