package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.LayerGroups;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.LayersSchema;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;

/** Reads {@code layers.parquet}. */
final class LayersReader {

  private LayersReader() {}

  /** All layers in the order of their numbers, which are checked to count up from 0. */
  static List<LayerRecord> read(Path path, BufferAllocator allocator) {
    List<LayerRecord> layers = new ArrayList<>();
    try (PartFile file = PartFile.open(path, LayersSchema.PARQUET, allocator)) {
      for (int g = 0; g < file.rowGroups().size(); g++) {
        try (LibraryPages pages = new LibraryPages(file, g)) {
          RecordReader<Group> records =
              new ColumnIOFactory()
                  .getColumnIO(LayersSchema.PARQUET)
                  .getRecordReader(pages, new GroupRecordConverter(LayersSchema.PARQUET));
          for (long r = 0; r < pages.getRowCount(); r++) {
            LayerRecord layer = LayerGroups.read(records.read());
            check(path, layer, layers.size(), file.size());
            layers.add(layer);
          }
        }
      }
    } catch (ArrowQuantException e) {
      throw e;
    } catch (RuntimeException e) {
      // parquet-java answers damaged pages with whatever breaks first.
      throw new InvalidModelException(QuotedName.of(path) + " cannot be read: " + e + ".", e);
    }
    return layers;
  }

  /**
   * Ids count up from 0, a layer costs a byte at least, and its matrix has its parameters, whose
   * number fits a long.
   */
  private static void check(Path path, LayerRecord layer, int row, long fileSize) {
    if (layer.layerId() != row || row >= fileSize) {
      throw new InvalidModelException(
          QuotedName.of(path)
              + " has layer_id "
              + layer.layerId()
              + " in row "
              + row
              + "; expected ids to count up from 0.");
    }
    LayerRecord.Quantization quantization = layer.quantization();
    if (layer.rows() < 0
        || layer.columns() < 0
        || layer.shape().stream().anyMatch(dimension -> dimension < 0)
        || !size(List.of(layer.rows(), layer.columns())).equals(size(layer.shape()))
        || size(layer.shape()).bitLength() >= Long.SIZE
        || quantization != null && !quantization.isPossible()) {
      throw new InvalidModelException(
          QuotedName.of(path) + " says of layer " + row + " what cannot be: " + layer + ".");
    }
    if (layer.spatial() != null && !isDivisor(layer)) {
      throw new InvalidModelException(
          QuotedName.of(path)
              + " has "
              + layer.spatial().equalizationScales().size()
              + " equalization scales for layer "
              + row
              + "; expected one above 0 for each of its "
              + layer.columns()
              + " columns.");
    }
  }

  private static boolean isDivisor(LayerRecord layer) {
    List<Float> scales = layer.spatial().equalizationScales();
    return scales.size() == layer.columns()
        && scales.stream().allMatch(scale -> scale > 0 && scale < Float.POSITIVE_INFINITY);
  }

  private static BigInteger size(List<Long> shape) {
    return shape.stream().map(BigInteger::valueOf).reduce(BigInteger.ONE, BigInteger::multiply);
  }
}
