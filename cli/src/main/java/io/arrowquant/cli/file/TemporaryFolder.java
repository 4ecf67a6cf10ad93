package io.arrowquant.cli.file;

import io.arrowquant.arrow.output.FileTree;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that is deleted with all that is in it when it is closed. */
public record TemporaryFolder(Path path) implements AutoCloseable {

  public static TemporaryFolder create(String prefix) {
    try {
      return new TemporaryFolder(Files.createTempDirectory(prefix));
    } catch (IOException e) {
      throw new StorageException("Cannot make a temporary folder: " + e + ".", e);
    }
  }

  @Override
  public void close() {
    try {
      FileTree.delete(path);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(path, e);
    }
  }
}
