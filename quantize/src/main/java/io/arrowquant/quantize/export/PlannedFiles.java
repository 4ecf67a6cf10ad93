package io.arrowquant.quantize.export;

import java.nio.file.Path;
import java.util.function.LongConsumer;

/** A component's files, of which everything is known but the bytes. */
interface PlannedFiles {

  /** Bytes of their tensors. */
  long bytes();

  /**
   * Writes them.
   *
   * @param working the folder of the export
   * @param written hears of bytes
   */
  void write(Path working, LongConsumer written);
}
