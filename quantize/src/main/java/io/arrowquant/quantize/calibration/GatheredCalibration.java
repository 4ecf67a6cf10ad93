package io.arrowquant.quantize.calibration;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Statistics that lie in memory. */
record GatheredCalibration(
    CalibrationSource file,
    Map<String, LayerStatistics> byTensor,
    Set<String> tensors,
    List<String> unknownLayers,
    List<String> notes)
    implements Calibration {

  @Override
  public Optional<CalibrationSource> source() {
    return Optional.of(file);
  }

  @Override
  public Optional<LayerStatistics> statistics(String tensor) {
    return Optional.ofNullable(byTensor.get(tensor));
  }

  @Override
  public void close() {}
}
