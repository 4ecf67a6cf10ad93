package io.arrowquant.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages under {@code docs/} tell users to type does what it says. */
class DocsTest {

  /** Pages whose commands need more than a model beside them; each has a test of its own. */
  private static final Set<String> OWN_TEST = Set.of();

  @TempDir Path folder;

  static List<DocPage> pages() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", "docs"))) {
      List<Path> pages =
          files
              .filter(file -> file.toString().endsWith(".md"))
              .filter(file -> !OWN_TEST.contains(file.getFileName().toString()))
              .sorted()
              .toList();
      assertTrue(pages.size() >= 4, "pages found: " + pages);
      List<DocPage> read = new ArrayList<>();
      for (Path page : pages) {
        read.add(DocPage.read(page));
      }
      return read;
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void commandsWork(DocPage page) throws IOException {
    new SyntheticCheckpoint(300_000, DType.BF16, 2, 1)
        .write(folder.resolve("MODEL"), Progress.NONE);
    page.run(folder);
  }

  @Test
  void aPageIsRunAsItReads() throws IOException {
    new SyntheticCheckpoint(300_000, DType.BF16, 1, 1)
        .write(folder.resolve("MODEL"), Progress.NONE);
    DocPage page =
        new DocPage(
            "page.md",
            """
            ```yaml settings.yaml
            bit_width: 8
            ```
            ```sh
            ./arrowquant quantize MODEL -o OUT \\
              --config settings.yaml   # in two lines
            ./arrowquant quantize MODEL -o OUT   # exit 11
            ./arrowquant inspect OUT --json > facts.json
            ./arrowquant inspect OUT | head
            ./arrowquant demo
            ls
            ```
            """);
    assertEquals(4, page.run(folder));
    assertTrue(Files.readString(folder.resolve("facts.json")).contains("int8"));
    DocPage wrong = new DocPage("w.md", "```sh\n./arrowquant inspect NOWHERE\n```\n");
    assertTrue(
        assertThrows(AssertionError.class, () -> wrong.run(folder))
            .getMessage()
            .contains("inspect NOWHERE"));
  }
}
