package io.arrowquant.quantize;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.UnsupportedDTypeException;
import io.arrowquant.quantize.entropy.StoredEntropy;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * A quantized model on disk, opened for reading: files are mapped, nothing is decoded before it is
 * asked for. Safe for use by many threads; close it when its layers are done with.
 */
public final class QuantizedModel implements AutoCloseable {

  private final ModelReader reader;

  private QuantizedModel(ModelReader reader) {
    this.reader = reader;
  }

  /**
   * Opens a model folder.
   *
   * @throws io.arrowquant.core.InvalidModelException if it is incomplete, damaged, or of a newer
   *     format version
   */
  public static QuantizedModel open(Path model) {
    return new QuantizedModel(ModelReader.open(model));
  }

  /** What was written: settings, modality, source, totals, files. */
  public Manifest manifest() {
    return reader.manifest();
  }

  /** One record per tensor, in the order of their names. */
  public List<LayerRecord> layers() {
    return reader.layers();
  }

  /**
   * A layer, valid while this model is open.
   *
   * @throws InvalidConfigException if the model has no tensor of this name
   */
  public QuantizedLayer layer(String name) {
    LayerRecord layer =
        reader
            .layer(name)
            .orElseThrow(
                () ->
                    new InvalidConfigException(
                        "The model "
                            + QuotedName.of(reader.path())
                            + " has no tensor "
                            + QuotedName.of(name)
                            + "."));
    return new QuantizedLayer(reader, layer);
  }

  /**
   * All weights of a tensor as float32, row after row.
   *
   * @return owned by the caller
   */
  public Float4Vector dequantize(String name, BufferAllocator allocator) {
    QuantizedLayer layer = layer(name);
    return layer.dequantize(0, layer.record().rows(), allocator);
  }

  /**
   * The rows of several tensors as float32 in the order of the files, as {@link
   * io.arrowquant.arrow.tensor.RowBatch} has them: for the C data interface, Arrow files, DuckDB.
   * Batches of at most 1 Mi weights are decoded as they are asked for.
   *
   * @param names in any order
   * @return owned by the caller, to be closed before this model
   * @throws InvalidConfigException if the model has no tensor of a name
   * @throws UnsupportedDTypeException if one is kept and its dtype has no float32 form
   */
  public ArrowReader streamRows(Collection<String> names, BufferAllocator allocator) {
    BitSet layers = new BitSet();
    for (String name : names) {
      LayerRecord record = layer(name).record();
      if (record.quantization() == null && !Widening.supports(record.dtype())) {
        throw new UnsupportedDTypeException(
            QuotedName.of(name) + " is kept as " + record.dtype() + ", which has no float32 form.");
      }
      layers.set(record.layerId());
    }
    return new DecodedRows(reader, layers, allocator);
  }

  /**
   * The entropy of tensors' codes in bits per code: of those stored, or of a kept tensor's values
   * on an even scale of 256 codes from the least to the greatest. Reads each row group once.
   *
   * @param names in any order
   * @return by name; a kept tensor without finite values, or without a float32 form, has none
   * @throws InvalidConfigException if the model has no tensor of a name
   */
  public Map<String, Double> entropies(Collection<String> names, Progress progress) {
    BitSet layers = new BitSet();
    names.forEach(name -> layers.set(layer(name).record().layerId()));
    return new StoredEntropy(reader, layers).byName(progress);
  }

  @Override
  public void close() {
    reader.close();
  }
}
