package io.arrowquant.quantize.calibration;

import java.nio.file.Path;

/**
 * A calibration file.
 *
 * @param file where it is
 * @param size in bytes
 * @param crc32c of all of them
 * @param beside whether it was found beside the model, rather than named by the user
 * @param content what is in it
 */
public record CalibrationSource(Path file, long size, int crc32c, boolean beside, Content content) {

  /** What a calibration file holds. */
  public enum Content {
    /** Moments and ranges per layer and timestep. */
    STATISTICS,
    /** Activations as they were. */
    SAMPLES
  }
}
