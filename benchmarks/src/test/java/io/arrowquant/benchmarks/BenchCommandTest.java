package io.arrowquant.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class BenchCommandTest {

  @TempDir private Path folder;

  @Test
  void runsFromEndToEndAndLeavesOnlyTheModel() throws Exception {
    JsonNode root = json("--params", "1M", "--rounds", "1", "--threads", "2");
    JsonNode whole = root.get("end_to_end");
    assertTrue(whole.get("seconds").asDouble() > 0);
    double weights = whole.get("weights").asDouble();
    double rate = whole.get("weights_per_second").asDouble();
    assertEquals(weights, rate * whole.get("seconds").asDouble(), weights * 1e-9);
    double limit = whole.get("limit_seconds").asDouble() / whole.get("seconds").asDouble();
    assertEquals(limit, whole.get("ratio_to_limit").asDouble(), 1e-12);
    assertTrue(whole.get("peak_heap_bytes").asLong() > 0);
    assertTrue(whole.get("peak_off_heap_bytes").asLong() > 0);
    assertTrue(whole.has("peak_anonymous_rss_bytes"));
    assertEquals(14, root.get("measurements").size());
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(1, left.count());
    }
  }

  @Test
  void quantizesSparseFiles() throws Exception {
    JsonNode root = json("--large", "--params", "3M");
    JsonNode run = root.get("measurements").get(0);
    assertTrue(run.get("weights").asLong() > 2_000_000);
    assertTrue(run.get("seconds").asDouble() > 0);
  }

  @Test
  void readsFromAServer() throws Exception {
    JsonNode all = json("--http", "--params", "1M", "--rounds", "1").get("measurements");
    assertEquals(7, all.size());
    for (JsonNode measured : all) {
      assertTrue(measured.get("seconds").asDouble() > 0);
    }
    assertTrue(all.get(1).get("ratio_to_limit").asDouble() > 0);
  }

  @Test
  void opensShardedFilesThatTakeNoRoom() throws Exception {
    SparseCheckpoint model = SparseCheckpoint.of(7_000_000_000L, 300, 3);
    List<Measurement> found =
        Opening.run(Map.of("7 B", model), new Folder(folder, false), 1, message -> {});
    assertEquals(2, found.size());
    assertEquals(7e9, found.get(1).task().weights(), 1e7);
    assertTrue(found.get(1).seconds() > 0);
  }

  @Test
  void refusesCountsThatAreNone() {
    assertEquals(CommandLine.ExitCode.USAGE, execute(new StringWriter(), "--params", "many"));
  }

  /** Every way to measure is written of, and no other. */
  @Test
  void thePagesNameTheOptionsThatThereAre() throws Exception {
    CommandSpec command = new CommandLine(new BenchCommand()).getCommandSpec();
    String page = Files.readString(Path.of("../docs/benchmarks.md"));
    for (OptionSpec way : command.argGroups().get(0).options()) {
      assertTrue(page.contains("arrowquant bench " + way.longestName()), way.longestName());
    }
    Set<String> unknown = new TreeSet<>();
    try (Stream<Path> pages = Files.list(Path.of("../docs"))) {
      for (Path each : pages.toList()) {
        Pattern.compile("arrowquant bench([^`\n#]*)")
            .matcher(Files.readString(each))
            .results()
            .flatMap(line -> Stream.of(line.group(1).split("[ =]")))
            .filter(word -> word.startsWith("--") && !command.optionsMap().containsKey(word))
            .forEach(unknown::add);
      }
    }
    assertEquals(Set.of(), unknown);
  }

  private JsonNode json(String... args) throws Exception {
    StringWriter out = new StringWriter();
    String[] all =
        Stream.concat(Stream.of(args), Stream.of("--json", "--dir", folder.toString()))
            .toArray(String[]::new);
    assertEquals(0, execute(out, all));
    return new ObjectMapper().readTree(out.toString());
  }

  private static int execute(StringWriter out, String... args) {
    return new CommandLine(new BenchCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(new StringWriter()))
        .execute(args);
  }
}
