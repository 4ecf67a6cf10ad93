package io.arrowquant.cli.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs that are killed at any moment of their work, as by {@code kill -9}: afterwards the output is
 * the old one or the new one, whole, and the next run makes what an undisturbed one makes.
 */
class KilledRunTest {

  /** Kills of each test; {@code -Plarge} has more of them. */
  private static final int KILLS = Integer.getInteger("arrowquant.kills", 2);

  @TempDir Path folder;
  private Path model;
  private Path target;
  private Path out;
  private final Random random = new Random(11);

  @BeforeEach
  void makeModel() throws IOException {
    model = folder.resolve("model");
    target = Files.createDirectory(folder.resolve("target"));
    out = target.resolve("out");
    new SyntheticCheckpoint(6_000_000, DType.BF16, 2, 1).write(model, Progress.NONE);
  }

  @Test
  void quantizeAnew() throws Exception {
    killed(folder.resolve("absent"), "quantize", model, "-q", "--bits", 3);
  }

  @Test
  void quantizeOverAnOldModel() throws Exception {
    Path old = folder.resolve("old");
    assertEquals(0, Fork.run("quantize", model, "-q", "-o", old).code());
    killed(old, "quantize", model, "-q", "--bits", 3, "--overwrite");
  }

  /** What is left of each run is gone on with by the next. */
  @Test
  void resumed() throws Exception {
    killed(folder.resolve("absent"), "quantize", model, "-q", "--bits", 3, "--resume");
  }

  @Test
  void dequantize() throws Exception {
    Path quantized = folder.resolve("quantized");
    assertEquals(0, Fork.run("quantize", model, "-q", "-o", quantized).code());
    killed(folder.resolve("absent"), "dequantize", quantized, "-q");
  }

  /**
   * @param old what is at the output before each run; nothing where it does not exist
   */
  private void killed(Path old, Object... command) throws Exception {
    FolderBytes before = FolderBytes.of(old);
    Path calm = folder.resolve("calm");
    long start = System.nanoTime();
    long work = undisturbed(calm, command);
    long begin = (System.nanoTime() - start) / 1_000_000 - work;
    FolderBytes made = FolderBytes.of(calm);
    boolean killedAtWork = false;
    for (int kill = 0; kill < KILLS || !killedAtWork && kill < KILLS + 8; kill++) {
      delete(out);
      copy(old, out);
      Path working = target.resolve(".out.partial");
      boolean left = Files.exists(working);
      Fork run = Fork.start(with(out, command));
      run.await(working);
      Thread.sleep(random.nextLong(work) + (left ? begin : 0));
      run.kill();
      // Between two renames the old output lies aside; the next run brings it back.
      FolderBytes found = FolderBytes.of(Files.exists(out) ? out : target.resolve(".out.old"));
      if (found.equals(made)) {
        work = work / 2 + 1; // the machine has become faster since the calm run
      } else {
        killedAtWork = true;
        assertEquals(before, found, "after kill " + kill);
      }
    }
    assertTrue(killedAtWork, "no run was killed at its work");
    delete(out);
    Fork.Ended last = Fork.run(with(out, command));
    assertEquals(0, last.code(), last.text());
    assertEquals(made, FolderBytes.of(out));
    assertEquals(List.of("out"), names(target));
  }

  /** How many milliseconds a run writes that nobody kills. */
  private long undisturbed(Path output, Object... command) throws InterruptedException {
    Fork run = Fork.start(with(output, command));
    run.await(output.resolveSibling("." + output.getFileName() + ".partial"));
    long start = System.nanoTime();
    Fork.Ended ended = run.end();
    assertEquals(0, ended.code(), ended.text());
    return (System.nanoTime() - start) / 1_000_000;
  }

  private static Object[] with(Path output, Object... command) {
    return Stream.concat(Stream.of(command), Stream.of("-o", output)).toArray();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    if (Files.exists(from)) {
      try (Stream<Path> tree = Files.walk(from)) {
        for (Path file : tree.toList()) {
          Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> tree = Files.walk(folder)) {
        for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
