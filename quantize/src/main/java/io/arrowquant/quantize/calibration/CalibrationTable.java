package io.arrowquant.quantize.calibration;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.arrow.dataset.file.FileFormat;
import org.apache.arrow.dataset.file.FileSystemDatasetFactory;
import org.apache.arrow.dataset.jni.NativeMemoryPool;
import org.apache.arrow.dataset.jni.ReservationListener;
import org.apache.arrow.dataset.scanner.ScanOptions;
import org.apache.arrow.dataset.scanner.Scanner;
import org.apache.arrow.dataset.source.Dataset;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * A table in a Parquet or Arrow IPC file, read by arrow-dataset a few rows at a time: statistics in
 * {@code layer, t, mean_sq} and optional {@code n, amax, mean}, or samples in {@code layer,
 * timestep, data}; a layer and a timestep a row, lists of numbers per channel.
 *
 * @param memory the most bytes that Arrow C++ may take, whatever sizes the file claims
 */
record CalibrationTable(Path file, boolean parquet, long memory) {

  private static final int BATCH_ROWS = 64;

  /** Refuses what is more than allowed, so that no claimed size is allocated. */
  private static final class Limit implements ReservationListener {

    private final long most;
    private long taken;

    Limit(long most) {
      this.most = most;
    }

    @Override
    public synchronized void reserve(long size) {
      if (size > most - taken) {
        throw new IllegalStateException("more than " + most + " bytes are asked for");
      }
      taken += size;
    }

    @Override
    public synchronized void unreserve(long size) {
      taken -= size;
    }
  }

  CalibrationSource.Content read(LayerSums sums) {
    ScanOptions options = new ScanOptions.Builder(BATCH_ROWS).columns(Optional.empty()).build();
    // Never closed: threads of Arrow C++ that read ahead free their buffers after the scanner is
    // closed, and without their pool that ends the process. It is a few hundred bytes.
    NativeMemoryPool pool = NativeMemoryPool.createListenable(new Limit(memory));
    try (BufferAllocator allocator = new RootAllocator();
        FileSystemDatasetFactory factory =
            new FileSystemDatasetFactory(
                allocator,
                pool,
                parquet ? FileFormat.PARQUET : FileFormat.ARROW_IPC,
                file.toUri().toString());
        Dataset dataset = factory.finish();
        Scanner scanner = dataset.newScan(options);
        ArrowReader reader = scanner.scanBatches()) {
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      CalibrationSource.Content content = content(root);
      while (reader.loadNextBatch()) {
        rows(reader.getVectorSchemaRoot(), content, sums);
      }
      return content;
    } catch (ArrowQuantException e) {
      throw e;
    } catch (Exception e) {
      throw new InvalidCalibrationException(
          "The calibration file "
              + QuotedName.of(file)
              + " cannot be read as "
              + (parquet ? "Parquet" : "Arrow IPC")
              + ": "
              + QuotedName.of(String.valueOf(e.getMessage()))
              + ".",
          e);
    }
  }

  private CalibrationSource.Content content(VectorSchemaRoot root) {
    boolean statistics = root.getVector("mean_sq") != null;
    boolean samples = root.getVector("data") != null;
    if (statistics == samples || root.getVector("layer") == null || step(root) == null) {
      throw new InvalidCalibrationException(
          QuotedName.of(file)
              + " has the columns "
              + QuotedName.of(root.getSchema().getFields().toString())
              + "; expected layer, t and mean_sq, or layer, timestep and data.");
    }
    return statistics ? CalibrationSource.Content.STATISTICS : CalibrationSource.Content.SAMPLES;
  }

  private static String step(VectorSchemaRoot root) {
    return Stream.of("t", "timestep")
        .filter(name -> root.getVector(name) != null)
        .findFirst()
        .orElse(null);
  }

  private void rows(VectorSchemaRoot root, CalibrationSource.Content content, LayerSums sums) {
    TableColumns columns = new TableColumns(file, root);
    for (int row = 0; row < root.getRowCount(); row++) {
      String layer = columns.text("layer", row);
      int timestep = columns.integer(step(root), row);
      switch (content) {
        case SAMPLES -> {
          float[] data = columns.numbers("data", row);
          sums.sample(layer, timestep, data, data.length);
        }
        case STATISTICS ->
            sums.statistics(
                layer,
                timestep,
                columns.has("n") ? columns.number("n", row) : 1,
                columns.numbers("mean_sq", row),
                columns.has("amax") ? columns.numbers("amax", row) : null,
                columns.has("mean") ? columns.numbers("mean", row) : null);
      }
    }
  }
}
