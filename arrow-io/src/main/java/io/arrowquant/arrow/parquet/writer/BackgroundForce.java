package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.core.ThreadEnd;
import java.io.IOException;
import java.nio.channels.FileChannel;

/**
 * Forces a file to the disk while more of it is written, so that the disk is busy meanwhile and
 * closing the file waits for little. The operating system tells of a failure once only: it is kept.
 */
final class BackgroundForce implements AutoCloseable {

  private final FileChannel channel;
  private Thread thread;
  private volatile IOException failure;

  BackgroundForce(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Begins to force what is written.
   *
   * @return false if an earlier time is still under way, so that nothing was begun
   */
  boolean begin() {
    if (thread != null && thread.isAlive()) {
      return false;
    }
    thread = new Thread(this::force, "arrowquant-force");
    thread.setDaemon(true);
    thread.start();
    return true;
  }

  private void force() {
    try {
      channel.force(false);
    } catch (IOException e) {
      if (failure == null) {
        failure = e;
      }
    }
  }

  /**
   * Waits for what is under way.
   *
   * @throws IOException the first failure, if there was one
   */
  @Override
  public void close() throws IOException {
    if (thread != null) {
      ThreadEnd.await(thread);
    }
    if (failure != null) {
      throw failure;
    }
  }
}
