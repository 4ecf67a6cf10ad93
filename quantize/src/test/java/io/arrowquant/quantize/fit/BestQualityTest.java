package io.arrowquant.quantize.fit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.writer.EncodedRowGroup;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.arrow.parquet.writer.RowGroupEncoder;
import io.arrowquant.core.config.Method;
import io.arrowquant.quantize.measure.ErrorSums;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BestQualityTest {

  private static final int ROWS = 512;
  private static final int COLUMNS = 4096;
  private static final float[] GAUSSIAN = new Gaussian(20).values(ROWS * COLUMNS, 0.02);
  private static final float[] HEAVY = HeavyTails.values(21, ROWS, COLUMNS);

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "2, 16, 11.7, 11.45, 2.53",
    "3, 16, 18.1, 17.1, 3.52",
    "4, 16, 24.35, 22.95, 4.52",
    "5, 16, 30.2, 28.85, 5.52",
    "6, 16, 36.1, 34.9, 6.52",
    "8, 16, 47.2, 46.5, 8.52",
    "8, 32, 46.6, 44.8, 8.52"
  })
  void floors(int bits, int groupSize, double gaussian, double heavy, double bitsPerWeight) {
    check(bits, groupSize, GAUSSIAN, gaussian, bitsPerWeight);
    check(bits, groupSize, HEAVY, heavy, bitsPerWeight);
  }

  /** At the size of {@code best}, ranges alone. */
  @Test
  void fastInSmallGroups() {
    for (float[] weights : List.of(GAUSSIAN, HEAVY)) {
      Stored fast = store(4, 32, weights, Method.FAST);
      assertTrue(fast.sqnr() >= (weights == HEAVY ? 19.5 : 22), fast::toString);
      assertTrue(fast.bitsPerWeight() <= 4.52, fast::toString);
    }
  }

  /** The least errors at a size, on normal weights and more so on others. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6})
  void rateIsBetterAtEqualSize(int bits) {
    for (float[] weights : List.of(GAUSSIAN, HEAVY)) {
      Stored best = store(bits, 16, weights, Method.BEST);
      Stored rate = store(bits, 16, weights, Method.RATE);
      double gain = rate.sqnr() - best.sqnr();
      double price = 20 * Math.log10(2) * (rate.bitsPerWeight() - best.bitsPerWeight());
      assertTrue(gain > price + (weights == HEAVY ? 2 : 0.5), () -> gain + " dB for " + price);
      assertEquals(bits + 0.5, rate.bitsPerWeight(), 0.1);
    }
  }

  /** A vector that levels do not suit gets ranges; the matrix beside it keeps its levels. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void oneTensorDoesNotSpoilAnother(int bits) {
    Harness.Run matrix = new Harness.Run(256, 512, 16, new Gaussian(5).values(256 * 512, 0.02));
    float[] steps = new float[64];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = i % 2 == 0 ? 0 : 1;
    }
    Harness.Run vector = new Harness.Run(1, 64, 16, steps);
    double alone = Harness.quantize(matrix, bits, Method.BEST).quality().sqnrDb();
    List<ErrorSums> both =
        Harness.quantize(List.of(matrix, vector), bits, Method.BEST, outcome -> {});
    assertEquals(alone, both.get(0).quality().sqnrDb(), 1);
    double ranges =
        Harness.quantize(new Harness.Run(1, 64, 64, steps), bits, Method.FAST).quality().sqnrDb();
    assertTrue(both.get(1).quality().sqnrDb() >= ranges, () -> both.get(1).quality().toString());
  }

  /** Levels of codebooks serve tensors of very different magnitude, too. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void mixedMagnitudesHaveCodebooks(int bits) {
    List<Harness.Run> runs = new ArrayList<>();
    for (float deviation : new float[] {1e-3f, 1e-2f, 0.1f, 1, 10}) {
      runs.add(new Harness.Run(256, 512, 16, new Gaussian(7).values(256 * 512, deviation)));
    }
    double[] stored = new double[1];
    List<ErrorSums> sums =
        Harness.quantize(
            runs,
            bits,
            Method.BEST,
            outcome -> stored[0] = stored((SliceOutcome.Quantized) outcome));
    assertTrue(stored[0] * 8 / (5 * 256 * 512) < bits + 0.8, () -> stored[0] + " bytes");
    double least = bits == 2 ? 10.5 : bits == 4 ? 23 : 46;
    sums.forEach(s -> assertTrue(s.quality().sqnrDb() > least, () -> s.quality().toString()));
  }

  private record Stored(double sqnr, double bitsPerWeight) {}

  private void check(int bits, int groupSize, float[] weights, double floor, double most) {
    Stored stored = store(bits, groupSize, weights, Method.BEST);
    assertTrue(stored.sqnr() >= floor, () -> bits + " bits: " + stored);
    assertTrue(stored.bitsPerWeight() <= most, () -> bits + " bits: " + stored);
  }

  private Stored store(int bits, int groupSize, float[] weights, Method method) {
    Harness.Run run = new Harness.Run(ROWS, COLUMNS, groupSize, weights);
    double[] stored = new double[1];
    double sqnr =
        Harness.quantize(
                List.of(run),
                bits,
                method,
                outcome -> stored[0] = stored((SliceOutcome.Quantized) outcome))
            .get(0)
            .quality()
            .sqnrDb();
    return new Stored(sqnr, stored[0] * 8 / weights.length);
  }

  /** Bytes of the row group in a file. */
  private double stored(SliceOutcome.Quantized quantized) {
    try (EncodedRowGroup group = RowGroupEncoder.encode(quantized.batch());
        ModelWriter writer =
            ModelWriter.create(folder.resolve("model"), true, Long.MAX_VALUE, Map.of())) {
      return writer.write(group);
    }
  }
}
