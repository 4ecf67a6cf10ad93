package io.arrowquant.spark.job;

import io.arrowquant.arrow.output.FileTree;
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
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A model's folder on any file system while executors write for it. All is written to a folder
 * beside it, of a name that no other run has; in the end the model is put together there and takes
 * its place, where an old one stays until then. The manifest comes last, so that a folder that an
 * object store is still copying is no model yet.
 */
final class JobFolder implements AutoCloseable {

  private static final int MOVERS = 16;
  private static final int CLEANINGS = 20;

  private final Path target;
  private final boolean overwrite;
  private final Path staging;
  private final Path attempts;
  private final Path model;
  private final Path old;
  private final ModelFiles files;
  private final List<Path> parts = new ArrayList<>();
  private boolean oldIsAside;
  private boolean finished;

  private JobFolder(Path target, boolean overwrite, Map<String, String> footer, String run) {
    this.target = target;
    this.overwrite = overwrite;
    this.staging = RunFolders.of(target, run);
    this.attempts = staging.resolve("attempts");
    this.model = staging.resolve("model");
    this.old = staging.resolve(RunFolders.OLD);
    this.files = new ModelFiles(model, footer);
  }

  /**
   * Begins a model; the folder that it will be in is made where it is missing.
   *
   * @param run a name that no other run has
   * @throws OutputExistsException if it may not be written there
   */
  static JobFolder begin(Path output, boolean overwrite, Map<String, String> footer, String run) {
    Path target = output.toAbsolutePath().normalize();
    RunFolders.checkReplaceable(target, overwrite);
    JobFolder folder = new JobFolder(target, overwrite, footer, run);
    try {
      Files.createDirectories(folder.attempts);
      Files.createDirectories(folder.model.resolve(ModelFiles.partName(0)).getParent());
      return folder;
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }

  /** Where attempts put their files. */
  Path attempts() {
    return attempts;
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
    Path file = attempts.resolve(result.file());
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

  /**
   * Gives files their names and the model its place, the manifest last.
   *
   * @return what to tell the user, where not all could be deleted that is not part of the model
   */
  Optional<String> finish(Function<List<ModelFile>, Manifest> manifest) {
    files.writeManifest(manifest);
    nameParts();
    Path mark = staging.resolve(Manifest.FILE_NAME);
    try {
      Files.move(model.resolve(Manifest.FILE_NAME), mark);
      ModelWriter.checkReplaceable(target, overwrite);
      if (Files.exists(target)) {
        Files.move(target, old);
        oldIsAside = true;
      }
      Files.move(model, target);
      Files.move(mark, target.resolve(Manifest.FILE_NAME));
      oldIsAside = false;
      finished = true;
    } catch (IOException e) {
      putBack(e);
      throw ArrowQuantException.whileWriting(target, e);
    }
    try {
      delete(staging);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "What is not part of the model could not be deleted from "
              + QuotedName.of(staging)
              + ".");
    }
  }

  /** An old model has its place again, if that can be. */
  private void putBack(IOException cause) {
    if (!oldIsAside) {
      return;
    }
    try {
      delete(target);
      Files.move(old, target);
      oldIsAside = false;
    } catch (IOException e) {
      cause.addSuppressed(e);
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
                    Files.move(parts.get(i), model.resolve(ModelFiles.partName(i)));
                    return new Moved();
                  } catch (IOException e) {
                    throw ArrowQuantException.whileWriting(target, e);
                  }
                },
            Moved::close);
  }

  /** Attempts that were told to stop may still be deleting their own files. */
  private static void delete(Path tree) throws IOException {
    for (int turn = 1; Files.exists(tree); turn++) {
      try {
        FileTree.delete(tree);
      } catch (DirectoryNotEmptyException | UncheckedIOException e) {
        if (turn == CLEANINGS) {
          throw e instanceof IOException io ? io : ((UncheckedIOException) e).getCause();
        }
      }
    }
  }

  /** Unless the model was finished, deletes all; an old one that has lost its place stays. */
  @Override
  public void close() {
    if (finished) {
      return;
    }
    try {
      delete(oldIsAside ? model : staging);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(target, e);
    }
  }
}
