package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.config.TensorTypeRule;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class WorstTensorsTest {

  @Test
  void namesStayReadable() {
    assertEquals("blocks\\.0\\.to_q\\.weight", WorstTensors.escape("blocks.0.to_q.weight"));
    assertEquals("\\u001b\\'\\=", WorstTensors.escape("\u001b'="));
  }

  @Property(tries = 300)
  void anExpressionForANameFindsThatName(@ForAll String name) {
    TensorTypeRule rule =
        TensorTypeRule.parse("^" + WorstTensors.escape(name) + "$=int4").orElseThrow();
    assertTrue(rule.test(name));
    assertFalse(rule.test(name + "x"));
  }
}
