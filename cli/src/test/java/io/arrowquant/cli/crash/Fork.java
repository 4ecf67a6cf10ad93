package io.arrowquant.cli.crash;

import io.arrowquant.cli.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The command in a process of its own, where it can be killed, starved and locked out. */
public final class Fork {

  private static final int PATIENCE_SECONDS = 120;

  private final Process process;
  private final Path output;

  private Fork(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /** What a process printed, both streams together, and its exit code. */
  record Ended(int code, String text) {}

  /** The words that start a command; what goes before them may shape its world. */
  public static List<String> command(Object... args) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--"))
        .forEach(words::add);
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
    words.add(Main.class.getName());
    Stream.of(args).map(Object::toString).forEach(words::add);
    return words;
  }

  static Fork start(List<String> words) {
    try {
      Path output = Files.createTempFile("forked", ".txt");
      return new Fork(
          new ProcessBuilder(words)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start(),
          output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Fork start(Object... args) {
    return start(command(args));
  }

  static Ended run(Object... args) throws InterruptedException {
    return start(args).end();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Until something is there, or the process has ended without. */
  void await(Path something) throws InterruptedException {
    while (process.isAlive() && !Files.exists(something)) {
      Thread.sleep(1);
    }
  }

  /** As {@code kill -9} does: the process has no say in it. */
  Ended kill() throws InterruptedException {
    process.destroyForcibly();
    return end();
  }

  Ended end() throws InterruptedException {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("the command hangs; it said: " + Files.readString(output));
      }
      String text = Files.readString(output);
      Files.delete(output);
      return new Ended(process.exitValue(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
