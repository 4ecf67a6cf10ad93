package io.arrowquant.spark.job;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.arrow.parquet.writer.ModelFiles;
import io.arrowquant.arrow.parquet.writer.ModelWriter;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.StorageException;
import io.arrowquant.quantize.pipeline.OrderedWork;
import io.arrowquant.quantize.pipeline.PartReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A model's folder on any file system while executors write for it. All is written to a folder
 * {@code _temporary} in it, which Spark and Hadoop pass over; in the end files take their names and
 * the manifest comes last, so that the folder is a model or is none.
 */
final class JobFolder implements AutoCloseable {

  private static final String TEMPORARY = "_temporary";
  private static final String MARK = "run";
  private static final int MOVERS = 16;
  private static final int CLEANINGS = 20;

  private final Path target;
  private final Path temporary;
  private final ModelFiles files;
  private final List<Path> parts = new ArrayList<>();
  private boolean finished;

  private JobFolder(Path target, Map<String, String> footer) {
    this.target = target;
    this.temporary = target.resolve(TEMPORARY);
    this.files = new ModelFiles(temporary, footer);
  }

  /**
   * Whether a run may write here, without writing anything. A folder that a run left when its
   * driver died counts as empty if overwriting is allowed.
   *
   * @throws OutputExistsException if it may not
   */
  static void checkReplaceable(Path target, boolean overwrite) {
    if (!Files.exists(target.resolve(TEMPORARY))) {
      ModelWriter.checkReplaceable(target, overwrite);
    } else if (!overwrite) {
      throw new OutputExistsException(
          "Another run is writing "
              + QuotedName.of(target)
              + ", or one that died left its folder "
              + TEMPORARY
              + "; overwriting clears it.");
    } else if (!entries(target).stream()
        .allMatch(entry -> entry.getFileName().toString().equals(TEMPORARY))) {
      ModelWriter.checkReplaceable(target, true);
    }
  }

  /** Begins a model; the folder is made where it is missing. */
  static JobFolder begin(Path target, boolean overwrite, Map<String, String> footer, String run) {
    checkReplaceable(target, overwrite);
    JobFolder folder = new JobFolder(target, footer);
    try {
      delete(folder.temporary);
      Files.createDirectories(folder.temporary);
      Files.writeString(
          folder.temporary.resolve(MARK),
          run,
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE);
      return folder;
    } catch (FileAlreadyExistsException e) {
      throw new OutputExistsException("Another run is writing " + QuotedName.of(target) + ".");
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }

  /** Where attempts put their files. */
  Path temporary() {
    return temporary;
  }

  /** The model's files so far. */
  ModelFiles files() {
    return files;
  }

  /**
   * Takes the file of an attempt as the next part of the weights.
   *
   * @throws StorageException if it is not there as the executor wrote it
   */
  void keep(TaskResult result) {
    Path file = temporary.resolve(result.file());
    PartReport report = result.report();
    try {
      long size = Files.size(file);
      if (size != report.size()) {
        throw new StorageException(
            "The file "
                + QuotedName.of(file)
                + " has "
                + size
                + " bytes, expected "
                + report.size()
                + " as its executor wrote.");
      }
    } catch (NoSuchFileException e) {
      throw new StorageException(
          "The file "
              + QuotedName.of(file)
              + " that an executor wrote is not there; the output must lie where the driver and all"
              + " executors see the same files.",
          e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
    files.add(report.file(ModelFiles.partName(parts.size())));
    parts.add(file);
  }

  /** Gives files their names, the manifest last. */
  void finish(Function<List<ModelFile>, Manifest> manifest) {
    files.writeManifest(manifest);
    try {
      deleteOld();
      Files.createDirectories(target.resolve(ModelFiles.partName(0)).getParent());
      nameParts();
      for (Path entry : entries(temporary)) {
        String name = entry.getFileName().toString();
        if (name.equals(ModelFile.SOURCE) || name.equals(ModelFile.LAYERS)) {
          Files.move(entry, target.resolve(name));
        }
      }
      Files.move(temporary.resolve(Manifest.FILE_NAME), target.resolve(Manifest.FILE_NAME));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
    finished = true;
  }

  /** An old model ceases to be one before anything of it is changed. */
  private void deleteOld() throws IOException {
    Files.deleteIfExists(target.resolve(Manifest.FILE_NAME));
    for (Path entry : entries(target)) {
      if (!entry.equals(temporary)) {
        delete(entry);
      }
    }
  }

  private record Moved() implements AutoCloseable {
    @Override
    public void close() {}
  }

  /** Many at a time: object stores copy to rename. */
  private void nameParts() {
    new OrderedWork<Moved>(parts.size(), 4 * MOVERS)
        .run(
            MOVERS,
            () ->
                i -> {
                  try {
                    Files.move(parts.get(i), target.resolve(ModelFiles.partName(i)));
                    return new Moved();
                  } catch (IOException e) {
                    throw ArrowQuantException.whileWriting(target, e);
                  }
                },
            Moved::close);
  }

  private static List<Path> entries(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(folder, e);
    }
  }

  /** Attempts that were told to stop may still be deleting their own files. */
  private static void delete(Path tree) throws IOException {
    for (int turn = 1; Files.exists(tree); turn++) {
      try (Stream<Path> walk = Files.walk(tree)) {
        for (Path entry : walk.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(entry);
        }
      } catch (DirectoryNotEmptyException | UncheckedIOException e) {
        if (turn == CLEANINGS) {
          throw e instanceof IOException io ? io : ((UncheckedIOException) e).getCause();
        }
      }
    }
  }

  /** Deletes what is not part of the model, and the folder where there is none. */
  @Override
  public void close() {
    try {
      delete(temporary);
      if (!finished && Files.exists(target) && entries(target).isEmpty()) {
        Files.deleteIfExists(target);
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }
}
