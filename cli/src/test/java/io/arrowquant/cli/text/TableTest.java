package io.arrowquant.cli.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TableTest {

  @Test
  void numbersStandRight() {
    StringWriter text = new StringWriter();
    new Table("layer", "bits", "dB")
        .row("a.weight", "4", "-1.5")
        .row("b", "16", "")
        .print(new PrintWriter(text, true), "  ");
    assertEquals(
        """
          layer     bits    dB
          a.weight     4  -1.5
          b           16
        """,
        text.toString().replace("\r", ""));
  }

  @Test
  void rowsAreAsWideAsTheHead() {
    assertThrows(IllegalArgumentException.class, () -> new Table("a", "b").row("1"));
  }
}
