package io.arrowquant.arrow.source;

import org.apache.arrow.memory.ArrowBuf;

/**
 * Ranges of one file's bytes as Arrow buffers. Safe for use by many threads. Closing it frees its
 * own resources; buffers already handed out stay valid until their owner closes them.
 */
public interface ByteSource extends AutoCloseable {

  /** Bytes in the file when it was opened. */
  long size();

  /**
   * The bytes {@code [position, position + length)}. The buffer's capacity is {@code length}. The
   * caller owns it and closes it; its address may have any alignment, and its content must not be
   * written.
   *
   * @throws io.arrowquant.core.StorageException if the file no longer holds the range or reading
   *     fails
   * @throws IllegalStateException if this source is closed
   */
  ArrowBuf read(long position, long length);

  @Override
  void close();
}
