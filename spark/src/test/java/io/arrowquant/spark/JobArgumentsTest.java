package io.arrowquant.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidConfigException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobArgumentsTest {

  @Test
  void factorsOfSensitivityBelongToTheirNames() {
    JobArguments arguments = parse("--sensitivity", "*.attn=x*=2.5", "--sensitivity=ff*=0.5");
    assertEquals(List.of(2.5, 0.5), List.copyOf(arguments.config().sensitivities().values()));
  }

  @Test
  void aFactorWithoutNamesIsRefused() {
    for (String wrong : List.of("2", "=2", "ff*=much")) {
      InvalidConfigException e =
          assertThrows(InvalidConfigException.class, () -> parse("--sensitivity", wrong));
      assertTrue(e.getMessage().startsWith("--sensitivity is "), e.getMessage());
    }
  }

  private static JobArguments parse(String... options) {
    String[] all = new String[options.length + 4];
    System.arraycopy(options, 0, all, 4, options.length);
    System.arraycopy(new String[] {"--input", "in", "--output", "out"}, 0, all, 0, 4);
    return JobArguments.parse(Map.of(), all);
  }
}
