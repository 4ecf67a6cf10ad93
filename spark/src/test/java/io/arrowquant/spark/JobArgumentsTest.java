package io.arrowquant.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.SaidOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobArgumentsTest {

  @TempDir Path folder;

  /** The same words, given to the command, mean the same: see the command's own test. */
  @Test
  void everyOptionMeansWhatItMeansElsewhere() {
    JobArguments arguments = parse(SaidOptions.words(folder).toArray(String[]::new));
    assertEquals(SaidOptions.meaning().effectiveValues(), arguments.config().effectiveValues());
  }

  @Test
  void theJobHasOptionsOfItsOwn() {
    JobArguments arguments = parse("--overwrite", "--allow-requantize", "--task-size=2MB");
    assertEquals("in", arguments.input());
    assertEquals("out", arguments.output());
    assertEquals(new JobOptions(true, true, 2_000_000), arguments.options());
  }

  @Test
  void wrongWordsAreNamed() {
    refused("\"--speed\"", "--speed", "high");
    refused("\"word\"", "word");
    refused("--keep has no value", "--keep");
    refused("--bits is given twice", "-b", "4", "--bits", "5");
    refused("--task-size is", "--task-size", "5");
    refused("\"--time-aware\"", "--time-aware=maybe");
  }

  private static void refused(String part, String... options) {
    InvalidConfigException e = assertThrows(InvalidConfigException.class, () -> parse(options));
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  private static JobArguments parse(String... options) {
    List<String> all = new ArrayList<>(List.of("--input", "in", "--output=out"));
    all.addAll(List.of(options));
    return JobArguments.parse(Map.of(), all.toArray(String[]::new));
  }
}
