package io.arrowquant.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.cli.Ran;
import io.arrowquant.core.remote.LoopbackHub;
import io.arrowquant.core.remote.RemotePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of documentation whose commands can be run. The lines of its {@code sh} blocks that begin
 * with {@code ./arrowquant} are run in order, as if in one folder:
 *
 * <ul>
 *   <li>A word is a path in that folder if it begins with a word in capitals ({@code MODEL}, {@code
 *       OUT/layers.parquet}), if it follows {@code -o}, or if a file of that name is there.
 *   <li>{@code # exit 1} at a line's end says that the command ends with 1; otherwise with 0.
 *   <li>{@code > FILE} takes its output; {@code | ...} and what follows is not run.
 *   <li>Addresses, {@code hf://org/name} and {@code https://example.org}, are those of a server on
 *       loopback that serves {@code MODEL}.
 *   <li>A block whose fence reads {@code ```yaml jobs.yaml} is first written as that file.
 * </ul>
 *
 * @param text Markdown
 */
public record DocPage(String name, String text) {

  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w+)(?: +(\\S+))?\\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");
  private static final Pattern PLACEHOLDER = Pattern.compile("[A-Z]{2,}[0-9]?([/.].*)?");
  private static final Pattern EXIT = Pattern.compile("# exit (\\d+)");

  /** Commands with tests of their own: they take long, or belong to another program. */
  private static final Set<String> ELSEWHERE = Set.of("demo", "bench");

  public static DocPage read(Path file) throws IOException {
    return new DocPage(file.getFileName().toString(), Files.readString(file));
  }

  /** The text of all blocks of a language, one after the other. */
  public String blocks(String language) {
    StringBuilder blocks = new StringBuilder();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      if (matcher.group(1).equals(language)) {
        blocks.append(matcher.group(3));
      }
    }
    return blocks.toString();
  }

  /**
   * Runs the page's commands and fails where one does not end as the page says.
   *
   * @param folder what the page's paths are relative to; holds {@code MODEL}
   * @return how many were run
   */
  public int run(Path folder) throws IOException {
    return run(folder, Map.of());
  }

  /**
   * The same, with words that stand for others: an address in the page for that of a local server.
   */
  public int run(Path folder, Map<String, String> words) throws IOException {
    writeFiles(folder);
    int commands = 0;
    for (String line : blocks("sh").replace("\\\n", " ").lines().toList()) {
      if (line.startsWith("./arrowquant ") && run(line, folder, words)) {
        commands++;
      }
    }
    return commands;
  }

  private void writeFiles(Path folder) throws IOException {
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      if (matcher.group(2) != null) {
        Files.writeString(folder.resolve(matcher.group(2)), matcher.group(3));
      }
    }
  }

  private boolean run(String line, Path folder, Map<String, String> replaced) throws IOException {
    List<Object> words = new ArrayList<>();
    Path redirected = null;
    String last = "";
    Matcher matcher = WORD.matcher(line.substring("./arrowquant ".length()));
    while (matcher.find()) {
      String bare = matcher.group(3);
      if (bare != null && (bare.equals("#") || bare.equals("|"))) {
        break;
      }
      String word =
          bare != null ? bare : matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
      if (last.equals(">")) {
        redirected = folder.resolve(word);
      } else if (!word.equals(">")) {
        boolean quoted = bare == null;
        words.add(replaced.getOrDefault(word, quoted ? word : path(word, last, folder)));
      }
      last = word;
    }
    if (ELSEWHERE.contains(words.get(0))) {
      return false;
    }
    Matcher exit = EXIT.matcher(line);
    int expected = exit.find() ? Integer.parseInt(exit.group(1)) : 0;
    Ran ran = run(words, folder);
    assertEquals(expected, ran.code(), name + ": " + line + "\n" + ran.out() + ran.err());
    if (redirected != null) {
      Files.writeString(redirected, ran.out());
    }
    return true;
  }

  /** Addresses are those of a Hub on loopback that has {@code MODEL} as {@code org/name}. */
  private static Ran run(List<Object> words, Path folder) {
    if (words.stream().noneMatch(word -> RemotePath.isAddress(word.toString()))) {
      return Ran.command(words.toArray());
    }
    try (LoopbackHub hub = new LoopbackHub(folder.resolve("MODEL"))) {
      words.replaceAll(word -> word.toString().replace("https://example.org", hub.files()));
      Path home = folder.resolve("huggingface");
      Map<String, String> environment =
          Map.of("HF_ENDPOINT", hub.endpoint(), "HF_HOME", home.toString());
      return Ran.withEnvironment(environment, words.toArray());
    }
  }

  private static String path(String word, String before, Path folder) {
    boolean isPath =
        PLACEHOLDER.matcher(word).matches()
            || before.equals("-o")
            || before.equals("--output")
            || !word.startsWith("-") && Files.exists(folder.resolve(word));
    return isPath ? folder.resolve(word).toString() : word;
  }
}
