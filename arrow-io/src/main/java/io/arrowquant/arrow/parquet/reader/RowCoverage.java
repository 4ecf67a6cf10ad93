package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.nio.file.Path;
import java.util.List;

/** Which weights of each layer have been met: all of them, each once, in order. */
final class RowCoverage {

  private final Path model;
  private final List<LayerRecord> layers;
  private final long[] met;

  RowCoverage(Path model, List<LayerRecord> layers) {
    this.model = model;
    this.layers = layers;
    this.met = new long[layers.size()];
  }

  /** Takes note of the rows that follow in the model's files. */
  void add(RowRun run) {
    LayerRecord layer = layers.get(run.layerId());
    long start = run.firstRow() * layer.columns() + run.firstColumn();
    if (start != met[run.layerId()]) {
      throw new InvalidModelException(
          QuotedName.of(model)
              + " holds row "
              + run.firstRow()
              + " of tensor "
              + QuotedName.of(layer.name())
              + " where weight "
              + met[run.layerId()]
              + " was expected: rows are missing or come twice.");
    }
    met[run.layerId()] = start + run.weights();
  }

  void checkComplete() {
    layers.forEach(this::checkComplete);
  }

  void checkComplete(LayerRecord layer) {
    if (met[layer.layerId()] != layer.parameters()) {
      throw new InvalidModelException(
          QuotedName.of(model)
              + " holds "
              + met[layer.layerId()]
              + " weights of tensor "
              + QuotedName.of(layer.name())
              + "; expected "
              + layer.parameters()
              + ".");
    }
  }
}
