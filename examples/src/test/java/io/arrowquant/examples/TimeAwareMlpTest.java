package io.arrowquant.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimeAwareMlpTest {

  @TempDir Path folder;

  @Test
  void calibrationHelpsAtEveryTimestep() throws IOException {
    TimeAwareMlp.Comparison found = new TimeAwareMlp().compare(folder);
    String figures =
        "without "
            + Arrays.toString(found.plain())
            + ", time-aware "
            + Arrays.toString(found.timeAware());
    System.out.println(figures);
    for (int t = 0; t < found.plain().length; t++) {
      assertTrue(found.timeAware()[t] > found.plain()[t], figures);
    }
    assertTrue(mean(found.timeAware()) >= mean(found.plain()) + 1, figures);
  }

  private static double mean(double[] decibels) {
    return Arrays.stream(decibels).average().orElseThrow();
  }
}
