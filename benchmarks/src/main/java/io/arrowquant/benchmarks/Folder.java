package io.arrowquant.benchmarks;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;

/** Where a bench keeps its files: given and kept, or temporary and deleted at the end. */
record Folder(Path path, boolean temporary) implements AutoCloseable {

  private static final long SEED = 42;

  /**
   * @param given the user's, or null
   */
  static Folder of(Path given) throws IOException {
    if (given == null) {
      return new Folder(Files.createTempDirectory("arrowquant-bench"), true);
    }
    return new Folder(Files.createDirectories(given).toRealPath(), false);
  }

  Path resolve(String name) {
    return path.resolve(name);
  }

  /**
   * A model with made-up weights, the same for the same numbers; made once for a folder.
   *
   * @param parameters of it, about
   */
  Path model(long parameters, DType dtype, Consumer<String> log) {
    Path model = resolve("model-" + parameters + "-" + dtype.name().toLowerCase(Locale.ROOT));
    if (!Files.exists(model)) {
      log.accept("making a model of " + parameters + " parameters");
      new SyntheticCheckpoint(parameters, dtype, 1, SEED).write(model, Progress.NONE);
    }
    return model;
  }

  @Override
  public void close() throws IOException {
    if (temporary) {
      FileTree.delete(path);
    }
  }
}
