package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.arrow.dataset.file.FileFormat;
import org.apache.arrow.dataset.file.FileSystemDatasetFactory;
import org.apache.arrow.dataset.jni.NativeMemoryPool;
import org.apache.arrow.dataset.scanner.ScanOptions;
import org.apache.arrow.dataset.scanner.Scanner;
import org.apache.arrow.dataset.source.Dataset;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * A model folder, opened for scans through arrow-dataset: rows of {@link WeightsSchema} as Arrow
 * batches, in the order of the files, decoded to plain numbers by Arrow C++ on threads of its own.
 * For the packed pages as they are, see {@link ModelReader}.
 *
 * <p>Each scan is a reader that the caller owns and closes. It may outlive this object, but not the
 * allocator, which accounts for the batches that were handed out; what Arrow C++ reads ahead (some
 * row groups) is in its own memory pool. Page checksums are not looked at on this way.
 */
public final class ModelScan implements AutoCloseable {

  /** Batches end with their row group too, so they hold 16 Mi weights at most. */
  private static final int BATCH_ROWS = 8192;

  private final Path model;
  private final BufferAllocator allocator;
  private final List<LayerRecord> layers;

  /** Null where the model has no rows: arrow-dataset knows no dataset without files. */
  private final Dataset dataset;

  private boolean closed;

  private ModelScan(
      Path model, BufferAllocator allocator, List<LayerRecord> layers, Dataset dataset) {
    this.model = model;
    this.allocator = allocator;
    this.layers = layers;
    this.dataset = dataset;
  }

  /**
   * Opens a complete model.
   *
   * @param allocator for the batches of all scans; stays the caller's
   * @throws InvalidModelException if the model is incomplete, damaged, or of a newer format version
   */
  public static ModelScan open(Path model, BufferAllocator allocator) {
    Manifest manifest = Manifest.read(model);
    List<Path> files = ListedFiles.weights(model, manifest);
    List<LayerRecord> layers = LayersReader.read(ListedFiles.layers(model, manifest), allocator);
    if (files.isEmpty()) {
      return new ModelScan(model, allocator, layers, null);
    }
    String[] uris = files.stream().map(file -> file.toUri().toString()).toArray(String[]::new);
    try (FileSystemDatasetFactory factory =
        new FileSystemDatasetFactory(
            allocator, NativeMemoryPool.getDefault(), FileFormat.PARQUET, uris)) {
      return new ModelScan(model, allocator, layers, factory.finish(WeightsSchema.ARROW));
    } catch (RuntimeException e) {
      throw new InvalidModelException(
          "The weights of " + QuotedName.of(model) + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /** All layers; a layer's id is its index. */
  public List<LayerRecord> layers() {
    return layers;
  }

  /**
   * All rows.
   *
   * @param columns names from {@link WeightsSchema}, in the order wanted; none for all columns
   * @return owned by the caller
   * @throws IllegalArgumentException if there is no such column
   */
  public ArrowReader scan(String... columns) {
    return scan(null, columns);
  }

  /**
   * The rows of one layer; row groups that have none are not read.
   *
   * @param columns as for all rows
   * @return owned by the caller
   * @throws IllegalArgumentException if there is no such layer or column
   */
  public ArrowReader scanLayer(int layerId, String... columns) {
    if (layerId < 0 || layerId >= layers.size()) {
      throw new IllegalArgumentException(
          QuotedName.of(model)
              + " has "
              + layers.size()
              + " layers, none of the number "
              + layerId);
    }
    return scan(LayerFilter.of(layerId), columns);
  }

  /** The same by the name of the tensor. */
  public ArrowReader scanLayer(String name, String... columns) {
    return layers.stream()
        .filter(layer -> layer.name().equals(name))
        .findFirst()
        .map(layer -> scanLayer(layer.layerId(), columns))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    QuotedName.of(model) + " has no layer " + QuotedName.of(name)));
  }

  private synchronized ArrowReader scan(ByteBuffer filter, String... columns) {
    if (closed) {
      throw new IllegalStateException("the scan of " + QuotedName.of(model) + " is closed");
    }
    for (String column : columns) {
      if (WeightsSchema.ARROW.findField(column) == null) {
        throw new IllegalArgumentException("weights have no column " + QuotedName.of(column));
      }
    }
    if (dataset == null) {
      return new NoRows(schema(columns), allocator);
    }
    ScanOptions.Builder options =
        new ScanOptions.Builder(BATCH_ROWS)
            .columns(columns.length == 0 ? Optional.empty() : Optional.of(columns));
    if (filter != null) {
      options.substraitFilter(filter);
    }
    Scanner scanner = dataset.newScan(options.build());
    try {
      return new ScanReader(model, scanner, allocator);
    } catch (RuntimeException | Error e) {
      AutoCloseables.close(e, scanner);
      throw e;
    }
  }

  private static Schema schema(String... columns) {
    return columns.length == 0
        ? WeightsSchema.ARROW
        : new Schema(Stream.of(columns).map(WeightsSchema.ARROW::findField).toList());
  }

  /** Ends the making of scans; those that were made go on. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      if (dataset != null) {
        AutoCloseables.closeNoChecked(dataset);
      }
    }
  }
}
