package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.parquet.FooterKeys;
import io.arrowquant.arrow.parquet.LayerGroups;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.LayersSchema;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.encoding.ZstdCompression;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.crypto.FileEncryptionProperties;
import org.apache.parquet.example.data.GroupWriter;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.api.RecordConsumer;

/** Writes {@code layers.parquet}, record by record, in one row group per 20,000 layers. */
final class LayersWriter {

  private static final int ROWS_PER_GROUP = 20_000;

  private LayersWriter() {}

  static ModelFile write(Path path, List<LayerRecord> layers, Map<String, String> footer) {
    try (BlockFile file = new BlockFile(path)) {
      Footer.rewrite(parquet(layers, footer), file);
      file.close();
      return new ModelFile(
          path.getFileName().toString(),
          file.position(),
          layers.size(),
          Integer.toUnsignedLong(file.crc32c()));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(path, e);
    }
  }

  private static byte[] parquet(List<LayerRecord> layers, Map<String, String> footer)
      throws IOException {
    MemoryOutputFile memory = new MemoryOutputFile();
    try (ParquetFileWriter writer =
        new ParquetFileWriter(
            memory,
            LayersSchema.PARQUET,
            ParquetFileWriter.Mode.CREATE,
            Long.MAX_VALUE,
            0,
            ColumnChunkWriter.INDEX_TRUNCATE_LENGTH,
            Integer.MAX_VALUE,
            true,
            (FileEncryptionProperties) null)) {
      writer.start();
      for (int from = 0; from < layers.size(); from += ROWS_PER_GROUP) {
        writeGroup(writer, layers.subList(from, Math.min(layers.size(), from + ROWS_PER_GROUP)));
      }
      Map<String, String> all = new LinkedHashMap<>(footer);
      all.put(FooterKeys.ARROW_SCHEMA, FooterKeys.arrowSchema(LayersSchema.ARROW));
      writer.end(all);
    }
    return memory.toByteArray();
  }

  private static void writeGroup(ParquetFileWriter writer, List<LayerRecord> layers)
      throws IOException {
    ParquetProperties properties =
        ParquetProperties.builder()
            .withWriterVersion(ParquetProperties.WriterVersion.PARQUET_1_0)
            .withDictionaryEncoding(true)
            .build();
    try (ColumnChunkPageWriteStore pages =
            new ColumnChunkPageWriteStore(
                new ZstdCompression(),
                LayersSchema.PARQUET,
                HeapByteBufferAllocator.getInstance(),
                ColumnChunkWriter.INDEX_TRUNCATE_LENGTH,
                true);
        ColumnWriteStore columns =
            properties.newColumnWriteStore(LayersSchema.PARQUET, pages, pages)) {
      RecordConsumer consumer =
          new ColumnIOFactory().getColumnIO(LayersSchema.PARQUET).getRecordWriter(columns);
      GroupWriter records = new GroupWriter(consumer, LayersSchema.PARQUET);
      for (LayerRecord layer : layers) {
        records.write(LayerGroups.write(layer));
      }
      consumer.flush();
      columns.flush();
      writer.startBlock(layers.size());
      pages.flushToFileWriter(writer);
      writer.endBlock();
    }
  }
}
