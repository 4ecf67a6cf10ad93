package io.arrowquant.core;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/**
 * The root of everything ArrowQuant throws on purpose. Each message is one sentence that names the
 * file, the tensor where there is one, what was found and what was expected; file bytes are never
 * echoed.
 */
public abstract sealed class ArrowQuantException extends RuntimeException
    permits CheckpointNotFoundException,
        InvalidHeaderException,
        InvalidOffsetsException,
        UnsupportedDTypeException,
        InvalidIndexException,
        InvalidConfigException,
        InvalidModelException,
        InvalidQueryException,
        InvalidCalibrationException,
        MemoryLimitException,
        OutputExistsException,
        StorageException,
        RemoteException,
        AccuracyException,
        RunInterruptedException {

  protected ArrowQuantException(String message) {
    super(message);
  }

  protected ArrowQuantException(String message, Throwable cause) {
    super(message, cause);
  }

  /** What a failure to read a file or folder is: the system's, or an interruption of the thread. */
  public static ArrowQuantException whileReading(Path file, IOException cause) {
    return cause instanceof ClosedByInterruptException
        ? new RunInterruptedException("Reading " + QuotedName.of(file) + " was interrupted.", cause)
        : new StorageException("Cannot read " + QuotedName.of(file) + reason(cause), cause);
  }

  /** The same of a failure to write. */
  public static ArrowQuantException whileWriting(Path file, IOException cause) {
    return cause instanceof ClosedByInterruptException
        ? new RunInterruptedException("Writing " + QuotedName.of(file) + " was interrupted.", cause)
        : new StorageException("Cannot write " + QuotedName.of(file) + reason(cause), cause);
  }

  private static String reason(IOException cause) {
    String reason =
        cause instanceof AccessDeniedException
            ? "permission denied"
            : cause instanceof FileAlreadyExistsException
                ? "a file is in the way"
                : cause instanceof FileSystemException system
                    ? system.getReason()
                    : cause.getMessage();
    return (reason == null ? "" : ": " + QuotedName.escape(reason)) + ".";
  }
}
