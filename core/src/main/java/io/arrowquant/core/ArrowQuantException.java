package io.arrowquant.core;

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
        MemoryLimitException,
        OutputExistsException,
        StorageException,
        RunInterruptedException {

  protected ArrowQuantException(String message) {
    super(message);
  }

  protected ArrowQuantException(String message, Throwable cause) {
    super(message, cause);
  }
}
