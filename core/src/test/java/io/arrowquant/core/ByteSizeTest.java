package io.arrowquant.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {

  @ParameterizedTest
  @CsvSource({
    "1500m, 1500000000",
    "1.5g, 1500000000",
    "1.5GiB, 1610612736",
    "5GB, 5000000000",
    "2 MB, 2000000",
    "3KiB, 3072",
    "1t, 1000000000000",
    "12b, 12",
    "7, 7",
    "1.5gi, 1610612736"
  })
  void sizes(String text, long bytes) {
    assertEquals(OptionalLong.of(bytes), ByteSize.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "g",
        "-1g",
        "1.5.2g",
        "1e9",
        "0",
        "0.1b",
        "5 apples",
        "1gg",
        "ib",
        "1ib",
        "999999999999999t",
        "NaN",
        "1,5g"
      })
  void anythingElseIsNoSize(String text) {
    assertEquals(OptionalLong.empty(), ByteSize.parse(text));
  }
}
