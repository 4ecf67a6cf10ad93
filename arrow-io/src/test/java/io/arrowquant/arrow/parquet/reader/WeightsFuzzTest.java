package io.arrowquant.arrow.parquet.reader;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes in the place of {@code weights/part-00000.parquet} are read or refused by a typed
 * error.
 */
class WeightsFuzzTest {

  private static final FuzzedModel MODEL = new FuzzedModel("weights/part-00000.parquet");

  static Stream<byte[]> seeds() throws IOException {
    return MODEL.seeds().stream();
  }

  @Test
  void theSeedsAreRead() throws IOException {
    for (byte[] seed : MODEL.seeds()) {
      assertTrue(MODEL.readWeights(seed));
    }
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "2m")
  void file(byte[] content) throws IOException {
    MODEL.readWeights(content);
  }
}
