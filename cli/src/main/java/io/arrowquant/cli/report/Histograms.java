package io.arrowquant.cli.report;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.Progress;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.ipc.ArrowReader;

/** A histogram for each of some tensors, over the range of the source's values. */
final class Histograms {

  private final Map<String, Histogram> byName = new HashMap<>();

  /**
   * Reads rows to their end.
   *
   * @param rows as {@link io.arrowquant.arrow.tensor.RowBatch} has them, closed at the end
   * @param layers those in the rows, each with statistics
   */
  static Histograms of(
      ArrowReader rows, Collection<LayerRecord> layers, Progress progress, String what) {
    Histograms all = new Histograms();
    long total = 0;
    for (LayerRecord layer : layers) {
      all.byName.put(
          layer.name(), new Histogram(layer.statistics().min(), layer.statistics().max()));
      total += layer.parameters();
    }
    try (rows) {
      for (long done = 0; rows.loadNextBatch(); progress.onProgress(done, total, what)) {
        done += all.add(rows.getVectorSchemaRoot());
      }
      return all;
    } catch (IOException e) {
      throw new StorageException("The weights cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private long add(VectorSchemaRoot batch) {
    VarCharVector names = (VarCharVector) batch.getVector("layer_name");
    ListVector lists = (ListVector) batch.getVector("weights");
    ArrowBuf weights = ((Float4Vector) lists.getDataVector()).getDataBuffer();
    long at = 0;
    for (int row = 0; row < batch.getRowCount(); row++) {
      Histogram histogram = byName.get(names.getObject(row).toString());
      long end = at + lists.getElementEndIndex(row) - lists.getElementStartIndex(row);
      for (; at < end; at++) {
        histogram.add(weights.getFloat(4 * at));
      }
    }
    return at;
  }

  /** Null where the tensor is none of them. */
  Histogram get(String name) {
    return byName.get(name);
  }
}
