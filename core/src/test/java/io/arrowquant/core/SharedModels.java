package io.arrowquant.core;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Real models beside the project; tests that need them are skipped where they are absent. */
public final class SharedModels {

  private SharedModels() {}

  /** A file or folder of the real models. */
  public static Path path(String name) {
    Path path = Path.of(System.getProperty("arrowquant.shared", "../../shared/data"), name);
    assumeTrue(Files.exists(path), () -> "no real model " + path);
    return path;
  }
}
