package io.arrowquant.cli.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantityTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 1.00 kB",
    "999499, 999 kB",
    "999500, 1.00 MB",
    "99960, 100 kB",
    "9996, 10.0 kB",
    "1234567890, 1.23 GB",
    "9.3e18, 9.30 EB"
  })
  void bytesHaveThreeDigits(double bytes, String text) {
    assertEquals(text, Quantity.bytes(bytes));
  }

  @ParameterizedTest
  @CsvSource({"7, 7", "98039712, 98.0 M"})
  void countsHaveNoUnit(double count, String text) {
    assertEquals(text, Quantity.count(count));
  }

  @ParameterizedTest
  @CsvSource({"0, 0.0 %", "0.0001, < 0.1 %", "0.0449, 4.5 %", "1, 100.0 %"})
  void somethingIsNeverShownAsNothing(double share, String text) {
    assertEquals(text, Quantity.percent(share));
  }

  @ParameterizedTest
  @CsvSource({"0.4, 0:00", "59.6, 1:00", "83, 1:23", "4000, 1:06:40"})
  void clocks(double seconds, String text) {
    assertEquals(text, Quantity.clock(seconds));
  }

  @ParameterizedTest
  @CsvSource({"0.9999999, 0.999999", "1, 1.000000", "0.29, 0.290000", "-1, -1.000000"})
  void onlyOneIsOne(double cosine, String text) {
    assertEquals(text, Quantity.cosine(cosine));
  }

  @ParameterizedTest
  @CsvSource({"20.314, 20.31 dB", "Infinity, exact", "-3, -3.00 dB"})
  void decibels(double decibels, String text) {
    assertEquals(text, Quantity.decibels(decibels));
  }
}
