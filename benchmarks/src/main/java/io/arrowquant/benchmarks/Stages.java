package io.arrowquant.benchmarks;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.parquet.writer.RowGroupEncoder;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.SafeTensorsAdapter;
import io.arrowquant.core.Progress;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import io.arrowquant.quantize.pipeline.RunOptions;
import java.nio.file.Path;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/** The parts of a quantization, each alone, and the whole. */
final class Stages {

  /** Weights decoded at a time. */
  private static final int DECODED = 1 << 20;

  private final Path input;
  private final Path folder;
  private final DiffusionQuantConfig config;
  private final int threads;
  private final long parameters;
  private final long sourceBytes;

  /**
   * @param folder takes the models written
   */
  Stages(Path input, Path folder, DiffusionQuantConfig config, int threads) {
    this.input = input;
    this.folder = folder;
    this.config = config;
    this.threads = threads;
    Checkpoint checkpoint = Checkpoint.open(input);
    this.parameters = checkpoint.tensors().stream().mapToLong(t -> t.elementCount()).sum();
    this.sourceBytes = checkpoint.tensors().stream().mapToLong(t -> t.byteSize()).sum();
  }

  long parameters() {
    return parameters;
  }

  long sourceBytes() {
    return sourceBytes;
  }

  Task open(String name) {
    return new Task(
        name,
        0,
        parameters,
        lap ->
            lap.time(
                () -> {
                  Checkpoint.open(input);
                  return 0;
                }));
  }

  /** Opens and makes a vector of every tensor. */
  Task wrap(String name) {
    return new Task(
        name,
        0,
        parameters,
        lap ->
            lap.time(
                () -> {
                  wrapAll(input);
                  return 0;
                }));
  }

  static void wrapAll(Path input) {
    try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(input)) {
      for (String tensor : adapter.tensorNames()) {
        adapter.tensor(tensor).close();
      }
    }
  }

  /** Source bytes to codes, scales, zero points and errors; results are dropped. */
  Task kernel(String name, int workers) {
    QuantizedSlices slices = new QuantizedSlices(Checkpoint.open(input), config);
    return new Task(
        name,
        slices.sourceBytes(),
        slices.weights(),
        lap -> lap.time(() -> slices.quantize(workers, done -> done.batch().close())));
  }

  /** The kernel, and pages made of what it gives. */
  Task encode(String name, int workers) {
    QuantizedSlices slices = new QuantizedSlices(Checkpoint.open(input), config);
    return new Task(
        name,
        slices.sourceBytes(),
        slices.weights(),
        lap ->
            lap.time(
                () ->
                    slices.quantize(
                        workers, done -> RowGroupEncoder.encode(done.batch()).close())));
  }

  /** From the checkpoint to the complete model, forced to the disk. */
  Task whole(String name, IoMode io) {
    return new Task(
        name,
        sourceBytes,
        parameters,
        lap -> {
          Path output = folder.resolve("run");
          try {
            lap.time(() -> quantize(output, io).peakMemoryBytes());
          } finally {
            FileTree.delete(output);
          }
        });
  }

  QuantizationResult quantize(Path output, IoMode io) {
    return new ArrowQuantV2()
        .quantizeFromSafeTensors(
            input, output, config, RunOptions.DEFAULT.withIo(io), Progress.NONE);
  }

  /** From a model's files to float32 weights, checksums checked; its bytes are the float32's. */
  Task decode(String name, Path model) {
    return new Task(
        name, parameters * Float.BYTES, parameters, lap -> lap.time(() -> decode(model)));
  }

  private long decode(Path model) {
    try (BufferAllocator allocator = new RootAllocator();
        ModelReader reader = ModelReader.open(model)) {
      Parallel.run(
          threads,
          reader.rowGroups().size(),
          () -> {
            RowGroupDecoder decoder = new RowGroupDecoder();
            return i -> decode(reader, reader.rowGroups().get(i), decoder, allocator);
          });
      return allocator.getPeakMemoryAllocation();
    }
  }

  private static void decode(
      ModelReader reader,
      ModelReader.RowGroupRef ref,
      RowGroupDecoder decoder,
      BufferAllocator allocator) {
    PageLayout layout = reader.layout(ref);
    if (!reader.isQuantized(ref)) {
      reader.kept(ref, layout, allocator).close();
      return;
    }
    try (StoredRowGroup rows = reader.quantized(ref, layout);
        ArrowBuf weights = allocator.buffer((long) DECODED * Float.BYTES)) {
      for (long first = 0; first < layout.values(); first += DECODED) {
        decoder.decode(rows, first, Math.min(DECODED, layout.values() - first), weights);
      }
    }
  }
}
