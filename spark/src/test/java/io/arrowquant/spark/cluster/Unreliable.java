package io.arrowquant.spark.cluster;

import io.arrowquant.spark.source.Elsewhere;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.util.Set;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.Path;

/**
 * A disk on which the first executor that writes dies halfway, and the second hangs. Others have no
 * such luck: who finds the folder of the system property {@value #FAULTS} without a fault's file
 * makes it and suffers the fault.
 */
public final class Unreliable extends Elsewhere {

  static final String FAULTS = "arrowquant.faults";
  static final String DEATH = "death";
  static final String HANGING = "hanging";

  private static final long LONGEST_HANGING = 300_000;

  @Override
  public String getScheme() {
    return "unreliable";
  }

  @Override
  public FSDataOutputStreamBuilder<?, ?> createFile(Path path) {
    String faults = System.getProperty(FAULTS);
    if (faults != null && path.getName().startsWith("class-000")) {
      try {
        if (isFirst(faults, DEATH)) {
          writeHalf(path);
          Runtime.getRuntime().halt(137);
        }
        if (isFirst(faults, HANGING)) {
          writeHalf(path);
          hang();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return super.createFile(path);
  }

  private static boolean isFirst(String faults, String fault) throws IOException {
    try {
      Files.createFile(java.nio.file.Path.of(faults, fault));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  private static void writeHalf(Path path) throws IOException {
    byte[] half = "PAR1 and no more".getBytes(StandardCharsets.US_ASCII);
    Files.write(java.nio.file.Path.of(path.toUri().getPath()), half);
  }

  private static void hang() throws IOException {
    try {
      Thread.sleep(LONGEST_HANGING);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("told to stop");
    }
  }

  /** The faults that have happened. */
  static Set<String> happened(java.nio.file.Path faults) throws IOException {
    try (var files = Files.list(faults)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(java.util.stream.Collectors.toSet());
    }
  }
}
