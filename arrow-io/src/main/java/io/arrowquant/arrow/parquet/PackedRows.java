package io.arrowquant.arrow.parquet;

import org.apache.arrow.memory.ArrowBuf;

/** The quantized rows of a row group, packed: just made, or read from a file. */
public interface PackedRows {

  /** Which rows there are, and where their pages begin. */
  PageLayout layout();

  /** Bits per code. */
  int bits();

  /**
   * The packed unsigned codes of a page of the layout, {@link #bits()} each, least significant bits
   * first. Borrowed: not to be closed by the caller.
   */
  ArrowBuf codes(int page);

  /** Scale of each group of the row group in order. Not to be changed. */
  float[] scales();

  /** Zero point of each group of the row group in order. Not to be changed. */
  float[] zeroPoints();

  /**
   * What decoded weights of a run are divided by, a number for each column of the tensor; null
   * where nothing is. Not to be changed.
   */
  float[] equalization(int run);

  /** Where the runs begin. */
  RunOffsets offsets();
}
