package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.WeightsSchema;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.parquet.column.statistics.IntStatistics;
import org.apache.parquet.column.statistics.Statistics;

/**
 * A model folder, opened for the direct way to its packed pages: files are mapped, and what is read
 * is checked against page checksums, the manifest and {@code layers.parquet}. Safe for use by many
 * threads.
 */
public final class ModelReader implements AutoCloseable {

  /**
   * Where a row group is.
   *
   * @param part index of the weights file
   * @param index of the row group in it
   * @param firstLayer least layer id in it
   * @param lastLayer greatest layer id in it
   */
  public record RowGroupRef(int part, int index, int firstLayer, int lastLayer) {}

  /**
   * A row group and the rows that it holds.
   *
   * @param ref where it is
   * @param layout as {@link #layout} gives it
   */
  public record RowGroup(RowGroupRef ref, PageLayout layout) {}

  private final Path model;
  private final Manifest manifest;
  private final BufferAllocator mappings;
  private final List<LayerRecord> layers;
  private final Map<String, LayerRecord> byName = new HashMap<>();
  private final Map<Integer, float[]> equalization = new HashMap<>();
  private final List<PartFile> parts = new ArrayList<>();
  private final List<RowGroupRef> rowGroups = new ArrayList<>();

  private ModelReader(Path model) {
    this.model = model;
    this.manifest = Manifest.read(model);
    this.mappings = new RootAllocator();
    try {
      this.layers = LayersReader.read(ListedFiles.layers(model, manifest), mappings);
      layers.forEach(
          layer -> {
            byName.put(layer.name(), layer);
            if (layer.spatial() != null) {
              equalization.put(layer.layerId(), layer.spatial().scales());
            }
          });
      ListedFiles.weights(model, manifest).forEach(this::openPart);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Opens a complete model.
   *
   * @throws InvalidModelException if it is incomplete, damaged, or of a newer format version
   */
  public static ModelReader open(Path model) {
    return new ModelReader(model);
  }

  private void openPart(Path path) {
    PartFile part = PartFile.open(path, WeightsSchema.PARQUET, mappings);
    int index = parts.size();
    parts.add(part);
    for (int g = 0; g < part.rowGroups().size(); g++) {
      Statistics<?> statistics = part.column(g, WeightsSchema.LAYER_ID).getStatistics();
      if (!(statistics instanceof IntStatistics range) || !range.hasNonNullValue()) {
        throw new InvalidModelException(
            QuotedName.of(path) + " has a row group without statistics of layer_id.");
      }
      if (range.getMin() < 0
          || range.getMin() > range.getMax()
          || range.getMax() >= layers.size()) {
        throw new InvalidModelException(
            QuotedName.of(path) + " has rows of layers that layers.parquet does not have.");
      }
      rowGroups.add(new RowGroupRef(index, g, range.getMin(), range.getMax()));
    }
  }

  /** The model's folder. */
  public Path path() {
    return model;
  }

  /** What {@code model.json} says. */
  public Manifest manifest() {
    return manifest;
  }

  /** All layers; a layer's id is its index. */
  public List<LayerRecord> layers() {
    return layers;
  }

  /** The layer of a name; empty if there is none. */
  public Optional<LayerRecord> layer(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** All row groups in file order. */
  public List<RowGroupRef> rowGroups() {
    return rowGroups;
  }

  /**
   * The row groups that hold a layer's rows, in the order of its rows, checked to hold each once.
   *
   * @throws InvalidModelException naming the layer if rows of it are missing or come twice
   */
  public List<RowGroup> rowGroupsOf(LayerRecord layer) {
    int id = layer.layerId();
    RowCoverage coverage = new RowCoverage(model, layers);
    List<RowGroup> found = new ArrayList<>();
    for (RowGroupRef ref : rowGroups) {
      // Row groups of other widths may span this layer's number without having rows of it.
      if (ref.firstLayer() <= id && id <= ref.lastLayer()) {
        PageLayout layout = layout(ref);
        List<RowRun> own = layout.runs().stream().filter(run -> run.layerId() == id).toList();
        if (!own.isEmpty()) {
          own.forEach(coverage::add);
          found.add(new RowGroup(ref, layout));
        }
      }
    }
    coverage.checkComplete(layer);
    return found;
  }

  /** Which rows a row group holds, checked against the layers. */
  public PageLayout layout(RowGroupRef ref) {
    PartFile part = parts.get(ref.part());
    return checked(part, () -> StoredRows.layout(part, ref.index(), layers));
  }

  /**
   * The rows of all row groups, in file order, checked to hold each row of each layer once.
   *
   * @throws InvalidModelException naming the first layer of which rows are missing or come twice
   */
  public List<PageLayout> layouts() {
    RowCoverage coverage = new RowCoverage(model, layers);
    List<PageLayout> layouts = new ArrayList<>(rowGroups.size());
    for (RowGroupRef ref : rowGroups) {
      layouts.add(layout(ref));
      layouts.get(layouts.size() - 1).runs().forEach(coverage::add);
    }
    coverage.checkComplete();
    return layouts;
  }

  /**
   * Bytes that the kept rows of one row group take at most, for whoever holds some at a time. Small
   * tensors that share one take 16 MiB.
   */
  public long largestKept() {
    long largest = 16L << 20;
    for (LayerRecord layer : layers) {
      if (layer.quantization() == null) {
        long rowGroup = (long) PageLayout.MAX_ROW_GROUP_VALUES * layer.dtype().bits() / 8;
        largest = Math.max(largest, Math.min(layer.sourceBytes(), rowGroup));
      }
    }
    return largest;
  }

  /** Whether the row group's rows are quantized; all of one row group are or none is. */
  public boolean isQuantized(RowGroupRef ref) {
    return layers.get(ref.firstLayer()).quantization() != null;
  }

  /**
   * The quantized rows of a row group, owned by the caller; they outlive this reader.
   *
   * @param layout as {@link #layout} gives it
   */
  public StoredRowGroup quantized(RowGroupRef ref, PageLayout layout) {
    PartFile part = parts.get(ref.part());
    LayerRecord.Quantization quantization =
        layers.get(layout.runs().get(0).layerId()).quantization();
    for (RowRun run : layout.runs()) {
      LayerRecord.Quantization other = layers.get(run.layerId()).quantization();
      if (quantization == null || other == null || other.codeWidth() != quantization.codeWidth()) {
        throw new InvalidModelException(
            QuotedName.of(part.path()) + " mixes widths in one row group.");
      }
    }
    float[][] divisors =
        layout.runs().stream().map(run -> equalization.get(run.layerId())).toArray(float[][]::new);
    return checked(
        part,
        () -> StoredRowGroup.read(part, ref.index(), layout, quantization, divisors, mappings));
  }

  /**
   * The kept rows of a row group as the source's bytes, all in order, owned by the caller.
   *
   * @param layout as {@link #layout} gives it
   * @param allocator for the bytes
   */
  public ArrowBuf kept(RowGroupRef ref, PageLayout layout, BufferAllocator allocator) {
    return kept(ref, layout, 0, layout.pages().size(), allocator);
  }

  /**
   * The kept rows of some pages of a row group, for which the others are not decoded.
   *
   * @param firstPage the first of them, from 0
   * @param endPage the one after the last
   */
  public ArrowBuf kept(
      RowGroupRef ref, PageLayout layout, int firstPage, int endPage, BufferAllocator allocator) {
    PartFile part = parts.get(ref.part());
    LayerRecord first = layers.get(layout.runs().get(0).layerId());
    for (RowRun run : layout.runs()) {
      LayerRecord other = layers.get(run.layerId());
      if (other.quantization() != null || other.dtype() != first.dtype()) {
        throw new InvalidModelException(
            QuotedName.of(part.path()) + " mixes dtypes in one row group.");
      }
    }
    return checked(
        part,
        () ->
            new KeptRows(part, ref.index(), layout, first.dtype())
                .decode(firstPage, endPage, allocator));
  }

  private static <T> T checked(PartFile part, Supplier<T> read) {
    try {
      return read.get();
    } catch (ArrowQuantException | IllegalStateException | OutOfMemoryException e) {
      throw e;
    } catch (RuntimeException e) {
      // parquet-java answers damaged pages with whatever breaks first.
      throw new InvalidModelException(
          QuotedName.of(part.path()) + " cannot be read: " + e + ".", e);
    }
  }

  /** Closes the files. Row groups that are out stay valid until they are closed. */
  @Override
  public void close() {
    AutoCloseables.closeNoChecked(() -> AutoCloseables.close(parts));
    // With row groups still out the allocator only counts them down; it holds nothing else.
    if (mappings.getAllocatedMemory() == 0) {
      mappings.close();
    }
  }
}
