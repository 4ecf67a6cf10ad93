package io.arrowquant.quantize.calibration;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Calibration data of a model, opened: which tensors it speaks of, and the statistics of each when
 * asked for. Safe for use by many threads.
 */
public interface Calibration extends AutoCloseable {

  /** Of no tensor. */
  Calibration NONE = new NoCalibration();

  /** Where it came from; empty where there is none. */
  Optional<CalibrationSource> source();

  /** Names of the tensors that it speaks of. */
  Set<String> tensors();

  /**
   * The statistics of a tensor, as many channels as its columns or, for a convolution, its input
   * channels; empty where nothing was counted.
   *
   * @param tensor one of {@link #tensors}
   * @throws io.arrowquant.core.InvalidCalibrationException if they are what no activations have
   */
  Optional<LayerStatistics> statistics(String tensor);

  /** Layers that the model does not have, in the order of the data. */
  List<String> unknownLayers();

  /** What else there is to say, each a sentence. */
  List<String> notes();

  @Override
  void close();
}
