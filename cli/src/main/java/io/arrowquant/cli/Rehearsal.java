package io.arrowquant.cli;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.cli.file.TemporaryFolder;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;

/**
 * Runs the common commands once on a tiny model and prints nothing. The launcher dumps the classes
 * that were loaded into an archive, from which later runs start in about half the time.
 */
final class Rehearsal {

  private Rehearsal() {}

  public static void main(String[] args) {
    try (TemporaryFolder folder = TemporaryFolder.create("arrowquant-rehearsal")) {
      String model = folder.path().resolve("model").toString();
      String quantized = folder.path().resolve("quantized").toString();
      new SyntheticCheckpoint(100_000, DType.BF16, 1, 1).write(Path.of(model), Progress.NONE);
      run("--help");
      run("quantize", model, "-o", quantized, "--validate");
      run("inspect", "--json", model);
      run("inspect", quantized);
      run("config", "show");
      run("sql", quantized, "FROM layers");
    }
  }

  private static void run(String... command) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    Main.run(nowhere, nowhere, command);
  }
}
