package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.quantize.measure.ErrorSums;
import java.io.Serializable;
import java.util.List;

/**
 * What came of a {@link PartTask}.
 *
 * @param size of the file in bytes; 0 where none was written, since nothing was accepted
 * @param rows of the file
 * @param crc32c of the file, unsigned
 * @param slices in order; all of them where the task is a piece, else those written
 * @param refused tensors that fell short
 * @param peakMemoryBytes the most off-heap memory held in buffers at one time
 */
public record PartReport(
    long size,
    long rows,
    long crc32c,
    List<WrittenSlice> slices,
    List<Refusal> refused,
    long peakMemoryBytes)
    implements Serializable {

  private static final long serialVersionUID = 1;

  /**
   * A tensor that may not be written so.
   *
   * @param sums that say why
   */
  public record Refusal(int layerId, ErrorSums sums) implements Serializable {
    private static final long serialVersionUID = 1;
  }

  /** Whether there is a file. */
  public boolean hasFile() {
    return size > 0;
  }

  /** The file under a name of the manifest's. */
  public ModelFile file(String name) {
    return new ModelFile(name, size, rows, crc32c);
  }
}
