package io.arrowquant.cli.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {

  private final StringWriter text = new StringWriter();
  private final AtomicLong nanos = new AtomicLong();

  private void after(double seconds) {
    nanos.addAndGet((long) (seconds * 1e9));
  }

  @Test
  void theBarShowsBytesRateAndTimeLeft() {
    try (ProgressBar bar = new ProgressBar(new PrintWriter(text), nanos::get, 100)) {
      after(1);
      bar.onProgress(250_000_000, 1_000_000_000, "quantizing a\u001b[2J");
      assertEquals(
          "\r[#####...............]  25 %  250 MB of 1.00 GB  250 MB/s  0:03 left"
              + "  quantizing a\\u001b[2J\u001b[K",
          text.toString());
    }
    assertTrue(text.toString().endsWith(System.lineSeparator()));
  }

  @Test
  void theBarFitsANarrowTerminal() {
    ProgressBar bar = new ProgressBar(new PrintWriter(text), nanos::get, 40);
    after(1);
    bar.onProgress(1, 3, "x".repeat(500));
    assertTrue(text.toString().length() <= 1 + 39 + 3, text.toString());
  }

  @Test
  void theEndSaysHowLongItTook() {
    ProgressBar bar = new ProgressBar(new PrintWriter(text), nanos::get, 100);
    after(83);
    bar.onProgress(10, 10, "done");
    assertTrue(text.toString().contains("100 %"), text.toString());
    assertTrue(text.toString().contains("in 1:23"), text.toString());
  }

  @Test
  void anEmptyModelIsDoneAtOnce() {
    ProgressBar bar = new ProgressBar(new PrintWriter(text), nanos::get, 100);
    bar.onProgress(0, 0, "done");
    assertTrue(text.toString().contains("100 %"), text.toString());
  }

  @Test
  void linesComeSeldom() {
    ProgressLines lines = new ProgressLines(new PrintWriter(text), nanos::get);
    for (int tenth = 1; tenth <= 120; tenth++) {
      after(0.1);
      lines.onProgress(tenth, 120, "quantizing");
    }
    assertEquals(2, text.toString().lines().count(), text.toString());
    assertTrue(text.toString().contains("left  quantizing"), text.toString());
    assertFalse(text.toString().contains("\u001b"));
  }
}
