package io.arrowquant.spark.job;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folders beside an output that runs write in, each of a name that no other run has. Whether
 * the driver that made one is still alive cannot be told from here, so none is touched by another.
 */
final class RunFolders {

  /** In a run's folder, the model that the new one takes the place of. */
  static final String OLD = "old";

  private static final String ENDING = ".partial";

  private RunFolders() {}

  /** The folder of a run. */
  static Path of(Path target, String run) {
    return target.resolveSibling(beginning(target) + run + ENDING);
  }

  private static String beginning(Path target) {
    return "." + target.getFileName() + ".";
  }

  /**
   * Whether a run may write here, without writing anything.
   *
   * @throws OutputExistsException if it may not
   */
  static void checkReplaceable(Path output, boolean overwrite) {
    Path target = output.toAbsolutePath().normalize();
    if (target.getParent() == null) {
      throw new OutputExistsException(QuotedName.of(output) + " cannot be the output.");
    }
    List<Path> runs = find(target);
    if (!isModel(target) && (!overwrite || Files.exists(target))) {
      runs.stream().filter(run -> isModel(run.resolve(OLD))).forEach(run -> refuse(output, run));
    }
    ModelWriter.checkReplaceable(output, overwrite);
    if (!overwrite && !runs.isEmpty()) {
      throw new OutputExistsException(
          "Another run is writing "
              + QuotedName.of(output)
              + ", or one that died left "
              + QuotedName.of(runs.get(0))
              + ", which can be deleted then; allowing overwriting leaves it alone.");
    }
  }

  private static void refuse(Path output, Path run) {
    throw new OutputExistsException(
        "Another run is putting a model in the place of "
            + QuotedName.of(output)
            + ", or died when it did: then the one before is whole in "
            + QuotedName.of(run.resolve(OLD))
            + "; delete what is at the output, move that there and delete the rest of its folder.");
  }

  private static boolean isModel(Path folder) {
    return Files.exists(folder.resolve(Manifest.FILE_NAME));
  }

  private static List<Path> find(Path target) {
    if (!Files.isDirectory(target.getParent())) {
      return List.of();
    }
    try (Stream<Path> beside = Files.list(target.getParent())) {
      return beside
          .filter(entry -> isRun(entry.getFileName().toString(), target))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(target.getParent(), e);
    }
  }

  private static boolean isRun(String name, Path target) {
    return name.startsWith(beginning(target)) && name.endsWith(ENDING);
  }
}
