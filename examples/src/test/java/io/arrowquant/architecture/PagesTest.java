package io.arrowquant.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is written about the code names what is there, and all of it. */
class PagesTest {

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern DRAWN = Pattern.compile("\\b([A-Z][a-z]+){2,}\\b");
  private static final Pattern TYPE = Pattern.compile("[A-Z][a-z]\\w*[a-z]");

  @Test
  void everyPackageSaysWhatItIsFor() throws IOException {
    Set<Path> packages =
        Sources.of("main").stream()
            .map(Path::getParent)
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(packages.size() > 30, "packages found: " + packages);
    packages.removeIf(folder -> Files.exists(folder.resolve("package-info.java")));
    assertEquals(Set.of(), packages);
  }

  @Test
  void theIndexHasEveryPage() throws IOException {
    List<String> pages =
        links(Sources.ROOT.resolve("docs/README.md"))
            .filter(link -> !link.contains("/"))
            .sorted()
            .toList();
    assertEquals(
        markdown(Sources.ROOT.resolve("docs"))
            .map(page -> page.getFileName().toString())
            .filter(page -> !page.equals("README.md"))
            .sorted()
            .toList(),
        pages);
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    List<String> dead = new ArrayList<>();
    for (Path page : pages()) {
      links(page)
          .filter(link -> !link.contains("://"))
          .filter(link -> !Files.exists(page.resolveSibling(link)))
          .forEach(link -> dead.add(page + " -> " + link));
    }
    assertEquals(List.of(), dead);
  }

  /** The two pages that lead around the sources. */
  @Test
  void typesThatTheGuidesNameAreThere() throws IOException {
    Set<String> types = new TreeSet<>();
    for (String set : List.of("main", "test")) {
      Sources.of(set)
          .forEach(file -> types.add(file.getFileName().toString().replace(".java", "")));
    }
    Set<String> unknown = new TreeSet<>();
    for (String page : List.of("ARCHITECTURE.md", "CONTRIBUTING.md")) {
      CODE.matcher(Files.readString(Sources.ROOT.resolve(page)))
          .results()
          .map(code -> code.group(1))
          .filter(code -> !code.contains(" ") && !code.contains("/") && !code.contains("("))
          .flatMap(code -> Stream.of(code.split("\\.")))
          .filter(word -> TYPE.matcher(word).matches())
          .filter(word -> !types.contains(word))
          .forEach(unknown::add);
    }
    DRAWN
        .matcher(Files.readString(Sources.ROOT.resolve("ARCHITECTURE.md")).split("```")[1])
        .results()
        .map(MatchResult::group)
        .filter(word -> !types.contains(word))
        .forEach(unknown::add);
    // A nested type, a placeholder, Arrow's buffer.
    unknown.removeAll(Set.of("Format", "XCommand", "Word", "ArrowBuf"));
    assertEquals(Set.of(), unknown);
  }

  private static List<Path> pages() throws IOException {
    return Stream.concat(markdown(Sources.ROOT), markdown(Sources.ROOT.resolve("docs"))).toList();
  }

  private static Stream<Path> markdown(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".md")).toList().stream();
    }
  }

  private static Stream<String> links(Path page) throws IOException {
    return LINK.matcher(Files.readString(page)).results().map(link -> link.group(1));
  }
}
