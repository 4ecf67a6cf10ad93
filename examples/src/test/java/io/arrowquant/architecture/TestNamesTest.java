package io.arrowquant.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The build finds tests by the names of their classes: one of another name would never run. Tests
 * of an abstract class run as those of its subclasses.
 */
class TestNamesTest {

  private static final Pattern TEST =
      Pattern.compile("^  @(\\w*Test|Property|TestFactory)\\b", Pattern.MULTILINE);
  private static final Pattern NAME = Pattern.compile(".*(Test|Properties|IT)\\.java");

  @Test
  void everyTestIsRun() throws IOException {
    List<Path> tests = new ArrayList<>();
    for (Path file : Sources.of("test")) {
      String source = Files.readString(file);
      if (TEST.matcher(source).find() && !source.contains("\npublic abstract class ")) {
        tests.add(file);
      }
    }
    assertTrue(tests.size() > 100, "classes of tests found: " + tests.size());
    tests.removeIf(file -> NAME.matcher(file.getFileName().toString()).matches());
    assertEquals(List.of(), tests);
  }
}
