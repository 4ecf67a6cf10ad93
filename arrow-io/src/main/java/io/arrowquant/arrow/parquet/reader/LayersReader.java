package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.LayerGroups;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.LayersSchema;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
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
        try (LibraryPages pages = new LibraryPages(file, g, LayersSchema.PARQUET)) {
          RecordReader<Group> records =
              new ColumnIOFactory()
                  .getColumnIO(LayersSchema.PARQUET)
                  .getRecordReader(pages, new GroupRecordConverter(LayersSchema.PARQUET));
          for (long r = 0; r < pages.getRowCount(); r++) {
            layers.add(LayerGroups.read(records.read()));
          }
        }
      }
    } catch (ArrowQuantException e) {
      throw e;
    } catch (RuntimeException e) {
      // parquet-java answers damaged pages with whatever breaks first.
      throw new InvalidModelException(QuotedName.of(path) + " cannot be read: " + e + ".", e);
    }
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).layerId() != i) {
        throw new InvalidModelException(
            QuotedName.of(path)
                + " has layer_id "
                + layers.get(i).layerId()
                + " in row "
                + i
                + "; expected ids to count up from 0.");
      }
    }
    return layers;
  }
}
