package io.arrowquant.core.remote;

import io.arrowquant.core.ArrowQuantException;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Reads the starts of several files side by side. */
final class Requests {

  private static final int AT_ONCE = 32;

  private final ThreadPoolExecutor threads;

  Requests() {
    threads =
        new ThreadPoolExecutor(
            AT_ONCE,
            AT_ONCE,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "arrowquant-remote");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
  }

  /** Begins; whoever needs a file waits for it, and learns then what went wrong. */
  void start(Collection<RemoteFile> files) {
    for (RemoteFile file : files) {
      threads.execute(
          () -> {
            try {
              file.start();
            } catch (NoSuchFileException | ArrowQuantException e) {
              // Kept by the file for whoever asks for it.
            }
          });
    }
  }
}
