package io.arrowquant.quantize.calibration;

import io.arrowquant.arrow.source.FileChecksum;
import java.nio.file.Path;

/**
 * A calibration file.
 *
 * @param file where it is
 * @param checksum of its bytes as they were when it was opened
 * @param beside whether it was found beside the model, rather than named by the user
 * @param content what is in it
 */
public record CalibrationSource(Path file, FileChecksum checksum, boolean beside, Content content) {

  /** What a calibration file holds. */
  public enum Content {
    /** Moments and ranges per layer and timestep. */
    STATISTICS,
    /** Activations as they were. */
    SAMPLES
  }
}
