package io.arrowquant.cli.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PrintableTest {

  @Test
  void escapesWhatCouldRepaintTheTerminal() {
    assertEquals("a\\u001b[2Jb", Printable.line("a\u001b[2Jb"));
    assertEquals("one\\u000atwo", Printable.line("one\ntwo"));
    assertEquals("\\u202egnp", Printable.line("\u202egnp"));
    assertEquals("\\ud800", Printable.line("\ud800"));
  }

  @Test
  void leavesWordsAlone() {
    assertEquals("Größe 層 😀", Printable.line("Größe 層 😀"));
  }

  @Property
  void nothingHarmfulIsLeft(@ForAll String text) {
    assertTrue(
        Printable.line(text)
            .codePoints()
            .noneMatch(
                p ->
                    Character.isISOControl(p)
                        || Character.getType(p) == Character.FORMAT
                        || Character.getType(p) == Character.SURROGATE));
  }

  @Property
  void fitsTheWidth(@ForAll String text, @ForAll @IntRange(min = 8, max = 80) int width) {
    assertTrue(Printable.fit(text, width).length() <= width);
  }

  @Test
  void keepsBothEnds() {
    assertEquals("trans...eight", Printable.fit("transformer_blocks.0.weight", 13));
  }
}
