package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.arrow.dataset.scanner.Scanner;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;

/** The batches of one scan. Owns the native scanner, which arrow-dataset's own reader does not. */
final class ScanReader extends ArrowReader {

  private final Path model;
  private final Scanner scanner;
  private final ArrowReader batches;
  private boolean closed;

  /** Takes over the scanner. */
  ScanReader(Path model, Scanner scanner, BufferAllocator allocator) {
    super(allocator);
    this.model = model;
    this.scanner = scanner;
    this.batches = scanner.scanBatches();
  }

  @Override
  public VectorSchemaRoot getVectorSchemaRoot() throws IOException {
    checkOpen();
    return batches.getVectorSchemaRoot();
  }

  /**
   * Moves on to the next batch that has rows: a filter leaves some without.
   *
   * @throws InvalidModelException if the files turn out to be damaged
   */
  @Override
  public boolean loadNextBatch() throws IOException {
    checkOpen();
    try {
      while (batches.loadNextBatch()) {
        if (batches.getVectorSchemaRoot().getRowCount() > 0) {
          return true;
        }
      }
      return false;
    } catch (RuntimeException e) {
      throw new InvalidModelException(
          "The weights of " + QuotedName.of(model) + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  @Override
  public long bytesRead() {
    return batches.bytesRead();
  }

  @Override
  protected Schema readSchema() {
    checkOpen();
    return scanner.schema();
  }

  @Override
  protected void closeReadSource() {
    if (!closed) {
      closed = true;
      AutoCloseables.closeNoChecked(() -> AutoCloseables.close(batches, scanner));
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("this scan of " + QuotedName.of(model) + " is closed");
    }
  }
}
