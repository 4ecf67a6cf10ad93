package io.arrowquant.core;

/**
 * Calibration data is malformed, holds what no activations can be, or fits no layer of the model.
 */
public final class InvalidCalibrationException extends ArrowQuantException {

  public InvalidCalibrationException(String message) {
    super(message);
  }

  public InvalidCalibrationException(String message, Throwable cause) {
    super(message, cause);
  }
}
