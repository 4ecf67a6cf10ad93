package io.arrowquant.benchmarks;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.arrow.parquet.reader.ModelReader;
import io.arrowquant.arrow.parquet.reader.StoredRowGroup;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.quantize.kernel.RowGroupDecoder;
import io.arrowquant.quantize.multiply.PackedMatrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A matrix of 4,096 x 11,008, groups of 128, times a vector: from packed codes, by decoding first,
 * as float32, and how long reading the packed bytes takes. Scores are milliseconds. With {@code
 * -jvmArgsPrepend --add-modules=jdk.incubator.vector} the Vector API takes over while warming up.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-opens=java.base/java.nio=ALL-UNNAMED",
      "-XX:+IgnoreUnrecognizedVMOptions",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow"
    })
public class MultiplyBenchmark {

  private static final int ROWS = 4096;
  private static final int COLUMNS = 11_008;
  private static final int BLOCK = 4096;
  private static final int MEMORY = 3 << 28;
  private static final int STRETCH = COLUMNS / 8;

  @Param({"2", "3", "4", "5", "6", "8"})
  public int bits;

  @Param({"1", "2"})
  public int threads;

  private Path folder;
  private BufferAllocator allocator;
  private QuantizedModel model;
  private PackedMatrix matrix;
  private FloatBuffer floats;
  private final float[] x = new float[COLUMNS];
  private final float[] y = new float[ROWS];
  private final int[][] scratch = new int[2][BLOCK];
  private final float[][][] stretches = new float[2][8][STRETCH];
  private final float[][] xs = new float[8][STRETCH];
  private final float[][] sums = new float[2][STRETCH];
  private final RowGroupDecoder[] decoders = {new RowGroupDecoder(), new RowGroupDecoder()};
  private final List<StoredRowGroup> rowGroups = new ArrayList<>();
  private final ArrowBuf[] decoded = new ArrowBuf[2];
  private final FloatBuffer[] decodedViews = new FloatBuffer[2];
  private ModelReader reader;

  @Setup
  public void fill() throws IOException {
    folder = Files.createTempDirectory("multiply");
    ByteBuffer weights =
        ByteBuffer.allocateDirect(4 * ROWS * COLUMNS).order(ByteOrder.LITTLE_ENDIAN);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      weights.putFloat(4 * i, (float) (0.04 * (random.nextDouble() - 0.5)));
    }
    floats = weights.asFloatBuffer();
    Path input = folder.resolve("model.safetensors");
    List<Entry> entries =
        List.of(new Entry("proj.weight", DType.F32, List.of((long) ROWS, (long) COLUMNS)));
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(input, Map.of(), entries)) {
      writer.write(weights.duplicate());
    }
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .bitWidth(bits)
            .groupSize(128)
            .method(Method.FAST)
            .minAccuracy(0)
            .build();
    new ArrowQuantV2().quantizeFromSafeTensors(input, folder.resolve("out"), config);
    allocator = new RootAllocator();
    model = QuantizedModel.open(folder.resolve("out"));
    matrix = model.layer("proj.weight").packed();
    reader = ModelReader.open(folder.resolve("out"));
    for (ModelReader.RowGroupRef ref : reader.rowGroups()) {
      rowGroups.add(reader.quantized(ref, reader.layout(ref)));
    }
    for (int part = 0; part < decoded.length; part++) {
      decoded[part] = allocator.buffer(4 * COLUMNS);
      decodedViews[part] =
          decoded[part].nioBuffer(0, 4 * COLUMNS).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    }
    for (int i = 0; i < COLUMNS; i++) {
      x[i] = (float) (random.nextDouble() - 0.5);
      xs[i / STRETCH][i % STRETCH] = x[i];
    }
    check();
  }

  /** All contenders give one answer, or their times mean nothing. */
  private void check() {
    float[] expected = float32().clone();
    float[] fromCodes = packed().clone();
    float[] decoded = decodeThenMultiply().clone();
    double scale = IntStream.range(0, ROWS).mapToDouble(i -> Math.abs(expected[i])).max().orElse(1);
    for (int i = 0; i < ROWS; i++) {
      if (Math.abs(fromCodes[i] - decoded[i]) > 1e-3 * scale) {
        throw new IllegalStateException("row " + i + ": " + fromCodes[i] + ", " + decoded[i]);
      }
    }
  }

  @TearDown
  public void close() throws IOException {
    matrix.close();
    rowGroups.forEach(StoredRowGroup::close);
    reader.close();
    model.close();
    decoded[0].close();
    decoded[1].close();
    allocator.close();
    FileTree.delete(folder);
  }

  /** More than the caches hold, filled only for who reads it. */
  @State(Scope.Benchmark)
  public static class Memory {

    private final IntBuffer ints =
        ByteBuffer.allocateDirect(MEMORY).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    private int at;

    @Setup
    public void fill() {
      for (int i = 0; i < ints.capacity(); i++) {
        ints.put(i, i);
      }
    }
  }

  /** Straight from packed codes. */
  @Benchmark
  public float[] packed() {
    matrix.multiply(x, 1, y, threads);
    return y;
  }

  /** Row by row to float32, and then the product: the row stays in the cache. */
  @Benchmark
  public float[] decodeThenMultiply() {
    parts(
        (part, first, end) -> {
          for (StoredRowGroup rows : rowGroups) {
            RowRun run = rows.layout().runs().get(0);
            int from = (int) Math.max(first, run.firstRow());
            int to = (int) Math.min(end, run.firstRow() + run.rowCount());
            for (int r = from; r < to; r++) {
              long weight = (r - run.firstRow()) * COLUMNS;
              decoders[part].decode(rows, weight, COLUMNS, decoded[part]);
              y[r] = product(decodedViews[part], 0, part);
            }
          }
        });
    return y;
  }

  /** The weights as float32. */
  @Benchmark
  public float[] float32() {
    parts(
        (part, first, end) -> {
          for (int r = first; r < end; r++) {
            y[r] = product(floats, r * COLUMNS, part);
          }
        });
    return y;
  }

  /**
   * Reading as many bytes as the packed codes have, each time others of a large buffer, so that
   * they come from memory and not from a cache.
   */
  @Benchmark
  public int readPacked(Memory memory) {
    int size = (int) ((long) ROWS * COLUMNS * bits / Integer.SIZE);
    memory.at = memory.at + 2 * size <= memory.ints.capacity() ? memory.at + size : 0;
    parts(
        (part, first, end) -> {
          int from = memory.at + (int) ((long) size * first / ROWS);
          int to = memory.at + (int) ((long) size * end / ROWS);
          for (int i = from; i + BLOCK <= to; i += BLOCK) {
            memory.ints.get(i, scratch[part], 0, BLOCK);
          }
        });
    return scratch[0][0];
  }

  private interface Rows {
    void run(int part, int first, int end);
  }

  private void parts(Rows rows) {
    IntStream.range(0, threads)
        .parallel()
        .forEach(part -> rows.run(part, ROWS * part / threads, ROWS * (part + 1) / threads));
  }

  /** A row in eight stretches side by side, so that the loop over it is made of vectors. */
  private float product(FloatBuffer weights, int at, int part) {
    float[][] w = stretches[part];
    for (int k = 0; k < w.length; k++) {
      weights.get(at + k * STRETCH, w[k], 0, STRETCH);
    }
    float[] sums = this.sums[part];
    four(w[0], w[1], w[2], w[3], xs[0], xs[1], xs[2], xs[3], sums);
    float total = 0;
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < STRETCH; i += 16) {
        float a = sums[i] + sums[i + 8] + (sums[i + 4] + sums[i + 12]);
        float b = sums[i + 1] + sums[i + 9] + (sums[i + 5] + sums[i + 13]);
        float c = sums[i + 2] + sums[i + 10] + (sums[i + 6] + sums[i + 14]);
        float d = sums[i + 3] + sums[i + 11] + (sums[i + 7] + sums[i + 15]);
        total += a + b + (c + d);
      }
      if (half == 0) {
        four(w[4], w[5], w[6], w[7], xs[4], xs[5], xs[6], xs[7], sums);
      }
    }
    return total;
  }

  private static void four(
      float[] a,
      float[] b,
      float[] c,
      float[] d,
      float[] e,
      float[] f,
      float[] g,
      float[] h,
      float[] sums) {
    for (int i = 0; i < STRETCH; i++) {
      sums[i] = a[i] * e[i] + b[i] * f[i] + (c[i] * g[i] + d[i] * h[i]);
    }
  }
}
