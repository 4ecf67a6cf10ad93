package io.arrowquant.quantize.calibration;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Speaks of no tensor. */
final class NoCalibration implements Calibration {

  @Override
  public Optional<CalibrationSource> source() {
    return Optional.empty();
  }

  @Override
  public Set<String> tensors() {
    return Set.of();
  }

  @Override
  public Optional<LayerStatistics> statistics(String tensor) {
    return Optional.empty();
  }

  @Override
  public List<String> unknownLayers() {
    return List.of();
  }

  @Override
  public List<String> notes() {
    return List.of();
  }

  @Override
  public void close() {}
}
