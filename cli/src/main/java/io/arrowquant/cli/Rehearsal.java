package io.arrowquant.cli;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs the common commands once on a tiny model and prints nothing. The launcher dumps the classes
 * that were loaded into an archive, from which later runs start in about half the time.
 */
final class Rehearsal {

  private Rehearsal() {}

  public static void main(String[] args) throws IOException {
    Path folder = Files.createTempDirectory("arrowquant-rehearsal");
    try {
      Path model = folder.resolve("model");
      new SyntheticCheckpoint(100_000, DType.BF16, 1, 1).write(model, Progress.NONE);
      PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
      Main.run(nowhere, nowhere, "--help");
      Main.run(nowhere, nowhere, "inspect", model.toString());
      Main.run(nowhere, nowhere, "inspect", "--json", model.toString());
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    }
  }
}
