package io.arrowquant.quantize.fit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.arrowquant.arrow.parquet.QuantizedBatch;
import io.arrowquant.core.config.Method;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.arrow.vector.FieldVector;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same bytes on every JDK and machine. */
class GoldenBytesTest {

  @ParameterizedTest
  @CsvSource({
    "2, FAST, 3131976148",
    "4, FAST, 2554968928",
    "8, FAST, 3146800201",
    "2, BEST, 564296309",
    "4, BEST, 3954685954",
    "8, BEST, 3177295287",
    "2, RATE, 1851625332",
    "4, RATE, 2916423741"
  })
  void codesAndParameters(int bits, Method method, long expected) {
    float[] weights = new Gaussian(11).values(200 * 1000, 0.02);
    CRC32 crc = new CRC32();
    Harness.quantize(
        List.of(
            new Harness.Run(100, 1000, 128, weights),
            new Harness.Run(99, 1001, 100, new Gaussian(12).values(99 * 1001, 0.3))),
        bits,
        method,
        outcome -> {
          QuantizedBatch batch = assertInstanceOf(SliceOutcome.Quantized.class, outcome).batch();
          for (int p = 0; p < batch.codes().getValueCount(); p++) {
            crc.update(batch.codes().get(p));
          }
          for (FieldVector vector : batch.groups().getFieldVectors()) {
            crc.update(vector.getDataBuffer().nioBuffer(0, vector.getValueCount()));
          }
        });
    assertEquals(expected, crc.getValue());
  }
}
