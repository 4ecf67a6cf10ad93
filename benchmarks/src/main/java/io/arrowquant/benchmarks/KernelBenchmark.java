package io.arrowquant.benchmarks;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.fit.SliceOutcome;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.fit.SourceRows;
import io.arrowquant.quantize.kernel.Decode;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import io.arrowquant.quantize.plan.Treatment;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A slice of a million weights, in groups of the method's own size, through the quantizer and back,
 * on one thread. Scores are nanoseconds per weight. With {@code -jvmArgsAppend
 * --add-modules=jdk.incubator.vector} the Vector API takes over while warming up.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
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
public class KernelBenchmark {

  private static final int ROWS = 256;
  private static final int COLUMNS = 4096;
  private static final int WEIGHTS = ROWS * COLUMNS;

  @Param({"2", "3", "4", "5", "6", "8"})
  public int bits;

  @Param({"F32", "BF16", "F16", "F64", "F8_E4M3", "F8_E5M2"})
  public DType dtype;

  @Param({"FAST", "BEST"})
  public Method method;

  private final SliceQuantizer quantizer = new SliceQuantizer();
  private final Decode decode = new Decode();
  private BufferAllocator allocator;
  private ArrowBuf source;
  private ArrowBuf decoded;
  private QuantizedBatch batch;
  private int groupSize;
  private PageLayout layout;
  private float[] scales;
  private float[] zeroPoints;

  @Setup
  public void fill() {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().bitWidth(bits).method(method).build();
    groupSize = Treatment.Quantize.of(config, bits).groupSize();
    layout = PageLayout.of(List.of(new RowRun(0, "layer", 0, ROWS, COLUMNS, groupSize)));
    allocator = new RootAllocator();
    source = allocator.buffer((long) WEIGHTS * dtype.bits() / 8);
    decoded = allocator.buffer(4L * WEIGHTS);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < WEIGHTS; i++) {
      // Sums of twelve uniform deviates are near enough to normal ones.
      float weight = (float) (0.02 * (random.doubles(12).sum() - 6));
      switch (dtype) {
        case F32 -> source.setFloat(4L * i, weight);
        case F64 -> source.setDouble(8L * i, weight);
        case BF16 -> source.setShort(2L * i, Float.floatToRawIntBits(weight) >>> 16);
        // Any sign and mantissa, some exponents.
        case F16 -> source.setShort(2L * i, random.nextInt() & 0xa3ff);
        default -> source.setByte(i, random.nextInt() & 0xaf);
      }
    }
    batch = quantized();
    scales = batch.scaleValues();
    zeroPoints = batch.zeroPointValues();
  }

  @TearDown
  public void close() {
    batch.close();
    source.close();
    decoded.close();
    allocator.close();
  }

  private QuantizedBatch quantized() {
    SliceOutcome outcome =
        quantizer.quantize(
            layout,
            List.of(new SourceRows(dtype, source, 0)),
            bits,
            method,
            allocator,
            List.of(new ErrorSums()));
    return ((SliceOutcome.Quantized) outcome).batch();
  }

  /** Source bytes to packed codes, codebooks and error sums. */
  @Benchmark
  @OperationsPerInvocation(WEIGHTS)
  public Quality quantize() {
    ErrorSums sums = new ErrorSums();
    SliceOutcome outcome =
        quantizer.quantize(
            layout,
            List.of(new SourceRows(dtype, source, 0)),
            bits,
            method,
            allocator,
            List.of(sums));
    ((SliceOutcome.Quantized) outcome).batch().close();
    return sums.quality();
  }

  /** Packed codes to float32; the source's dtype plays no part. */
  @Benchmark
  @OperationsPerInvocation(WEIGHTS)
  public ArrowBuf decode() {
    decode.toFloat(
        batch.codes().getDataBuffer().memoryAddress(),
        bits,
        0,
        0,
        COLUMNS,
        groupSize,
        scales,
        zeroPoints,
        0,
        WEIGHTS,
        decoded.memoryAddress());
    return decoded;
  }
}
