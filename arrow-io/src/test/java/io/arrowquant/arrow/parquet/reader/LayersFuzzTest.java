package io.arrowquant.arrow.parquet.reader;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes in the place of {@code layers.parquet} are read or refused by a typed error. */
class LayersFuzzTest {

  private static final FuzzedModel MODEL = new FuzzedModel("layers.parquet");

  static Stream<byte[]> seeds() throws IOException {
    return MODEL.seeds().stream();
  }

  @Test
  void theSeedsAreRead() throws IOException {
    for (byte[] seed : MODEL.seeds()) {
      assertTrue(MODEL.read(seed));
    }
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "2m")
  void file(byte[] content) throws IOException {
    MODEL.read(content);
  }
}
