package io.arrowquant.arrow.tensor;

import io.arrowquant.core.Progress;
import io.arrowquant.core.RunInterruptedException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.ArrowWriter;

/**
 * Batches in Arrow's IPC format, which pandas, polars, R and DuckDB read, mapped where they can.
 */
public enum ArrowIpc {
  /** With a footer that finds each batch: for files, which are mapped. Also known as Feather 2. */
  FILE,
  /** Batches one after the other: for pipes and sockets. */
  STREAM;

  /**
   * Writes all batches that are left.
   *
   * @param rows stays the caller's
   * @param out stays open
   * @param progress hears of rows written; their total is not known before the end
   * @return how many rows were written
   * @throws RunInterruptedException if the thread is interrupted between batches
   */
  public long write(ArrowReader rows, OutputStream out, Progress progress) throws IOException {
    long written = 0;
    try (ArrowWriter writer = writer(rows, out)) {
      writer.start();
      while (rows.loadNextBatch()) {
        if (Thread.currentThread().isInterrupted()) {
          throw new RunInterruptedException("Writing Arrow batches was interrupted.");
        }
        writer.writeBatch();
        written += rows.getVectorSchemaRoot().getRowCount();
        progress.onProgress(written, written + 1, "writing rows");
      }
      writer.end();
    }
    progress.onProgress(written, written, "rows written");
    return written;
  }

  private ArrowWriter writer(ArrowReader rows, OutputStream out) throws IOException {
    var root = rows.getVectorSchemaRoot();
    // Closing an Arrow writer closes its channel; the stream is not ours to close.
    var channel = Channels.newChannel(new Unclosed(out));
    return switch (this) {
      case FILE -> new ArrowFileWriter(root, rows, channel);
      case STREAM -> new ArrowStreamWriter(root, rows, channel);
    };
  }

  private static final class Unclosed extends FilterOutputStream {
    Unclosed(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      out.write(bytes, from, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
