package io.arrowquant.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidConfigException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigOptionTest {

  @TempDir Path folder;

  @Test
  void theLineOfTheTestsHasEveryOption() {
    Set<ConfigOption> said =
        SaidOptions.words(folder).stream()
            .map(word -> word.startsWith("--") ? word.split("=", 2)[0] : word)
            .flatMap(word -> ConfigOption.find(word).stream())
            .collect(Collectors.toSet());
    assertEquals(EnumSet.allOf(ConfigOption.class), said);
  }

  @Test
  void noTwoOptionsHaveAName() {
    List<String> names =
        Arrays.stream(ConfigOption.values()).flatMap(option -> option.names().stream()).toList();
    assertEquals(names.stream().distinct().toList(), names);
  }

  @Test
  void messagesNameTheOption() {
    refused(ConfigOption.GROUP_SIZE, "8", "an integer from 16 to 1024");
    refused(ConfigOption.METHOD, "slow", "one of fast, best");
    refused(ConfigOption.TARGET_SIZE, "much", "a size such as 1500m");
    refused(ConfigOption.SENSITIVITY, "=2", "GLOB=FACTOR");
    refused(ConfigOption.SENSITIVITY, "ff*=much", "numbers above 0");
  }

  private static void refused(ConfigOption option, String value, String allowed) {
    ConfigBuilder builder = DiffusionQuantConfig.builder();
    InvalidConfigException e =
        assertThrows(InvalidConfigException.class, () -> builder.option(option, List.of(value)));
    assertTrue(e.getMessage().startsWith(option.word() + " is "), e.getMessage());
    assertTrue(e.getMessage().contains(allowed), e.getMessage());
  }
}
