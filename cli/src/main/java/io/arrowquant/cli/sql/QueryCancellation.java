package io.arrowquant.cli.sql;

import java.sql.SQLException;
import java.sql.Statement;

/**
 * Cancels a statement when the thread that runs it is interrupted: DuckDB's native code does not
 * look for that itself. Close it when the statement is done.
 */
final class QueryCancellation implements AutoCloseable {

  private static final int PERIOD_MILLIS = 50;

  private final Thread watcher;
  private volatile boolean done;

  private QueryCancellation(Statement statement, Thread runner) {
    this.watcher = new Thread(() -> watch(statement, runner), "arrowquant-query-cancellation");
    watcher.setDaemon(true);
    watcher.start();
  }

  /** Watches the calling thread. */
  static QueryCancellation of(Statement statement) {
    return new QueryCancellation(statement, Thread.currentThread());
  }

  private void watch(Statement statement, Thread runner) {
    try {
      while (!done) {
        if (runner.isInterrupted()) {
          statement.cancel();
        }
        Thread.sleep(PERIOD_MILLIS);
      }
    } catch (InterruptedException | SQLException over) {
      // The statement has ended: there is nothing left to cancel.
    }
  }

  @Override
  public void close() {
    done = true;
    watcher.interrupt();
  }
}
