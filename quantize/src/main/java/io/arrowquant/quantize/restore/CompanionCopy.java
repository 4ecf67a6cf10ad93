package io.arrowquant.quantize.restore;

import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Brings a model's companion files out again. */
public final class CompanionCopy {

  private CompanionCopy() {}

  /**
   * Copies a model's companion files to a folder, all but the index of the source's shards: it
   * names files that are not there any more. The copies are forced to the disk.
   *
   * @param model the model's folder
   * @return the files, relative to the folder
   */
  public static List<Path> copy(Path model, Path folder) {
    Path source = model.resolve(ModelFile.SOURCE);
    List<Path> copied = new ArrayList<>();
    if (!Files.isDirectory(source)) {
      return copied;
    }
    try (Stream<Path> tree = Files.walk(source)) {
      for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
        Path relative = source.relativize(file);
        if (!file.toString().endsWith(".safetensors.index.json")) {
          Path to = folder.resolve(relative.toString());
          Files.createDirectories(to.getParent());
          Files.copy(file, to);
          force(to);
          copied.add(relative);
        }
      }
      return copied;
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(folder, e);
    }
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
