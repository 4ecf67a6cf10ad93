package io.arrowquant.arrow.parquet.writer;

import io.arrowquant.arrow.output.OutputKind;
import io.arrowquant.arrow.output.StagedOutput;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.parquet.ModelFile;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Writes a model folder. Everything goes to a folder beside the target first, is forced to the
 * disk, and takes the target's name in one rename, so that the target is whole or absent; an old
 * model at the target stays until then. Not for use by several threads.
 */
public final class ModelWriter implements AutoCloseable {

  private static final OutputKind KIND =
      new OutputKind(
          "a model written by ArrowQuant (it has no " + Manifest.FILE_NAME + ")",
          path -> Files.exists(path.resolve(Manifest.FILE_NAME)),
          Manifest.FILE_NAME);

  private final StagedOutput output;
  private final Path working;
  private final long maxPartBytes;
  private final Map<String, String> footer;
  private final ModelFiles files;
  private PartWriter part;
  private long partBytes;
  private int parts;

  private ModelWriter(StagedOutput output, long maxPartBytes, Map<String, String> footer) {
    this.output = output;
    this.working = output.folder();
    this.maxPartBytes = maxPartBytes;
    this.footer = footer;
    this.files = new ModelFiles(working, footer);
  }

  /**
   * Begins a model.
   *
   * @param target the model's folder; its parent is made if it is missing
   * @param overwrite whether a model that is there may be replaced once the new one is complete
   * @param maxPartBytes a part that has grown to this is ended
   * @param footer key-value metadata for every Parquet file
   * @throws OutputExistsException if something is at the target that may not be replaced, or
   *     another run is writing it
   * @throws StorageException if the folder cannot be made
   */
  public static ModelWriter create(
      Path target, boolean overwrite, long maxPartBytes, Map<String, String> footer) {
    StagedOutput output = StagedOutput.create(target, overwrite, KIND, false);
    try {
      Files.createDirectories(output.folder().resolve(ModelFile.WEIGHTS));
      return new ModelWriter(output, maxPartBytes, footer);
    } catch (IOException e) {
      output.close();
      throw ArrowQuantException.whileWriting(target, e);
    }
  }

  /**
   * Whether a run may write here, without writing anything.
   *
   * @throws OutputExistsException if it may not
   */
  public static void checkReplaceable(Path target, boolean overwrite) {
    StagedOutput.checkReplaceable(target, overwrite, KIND);
  }

  /**
   * Appends a row group; the caller keeps it and closes it.
   *
   * @return bytes that it took
   */
  public long write(EncodedRowGroup group) {
    if (part != null
        && (part.rowGroups() >= PartWriter.MAX_ROW_GROUPS || partBytes >= maxPartBytes)) {
      endPart();
    }
    if (part == null) {
      part = new PartWriter(working.resolve(ModelFiles.partName(parts)));
      partBytes = 0;
    }
    long bytes = part.write(group);
    partBytes += bytes;
    return bytes;
  }

  /** Ends the current part: the next row group begins a new one, with rows sorted anew. */
  public void endPart() {
    if (part == null) {
      return;
    }
    try (PartWriter ending = part) {
      part = null;
      files.add(ending.finish(ModelFiles.partName(parts++), footer));
    }
  }

  /** Where the model lies until it is finished; what else is put there must be gone by then. */
  public Path folder() {
    return working;
  }

  /** The model's files so far: the parts that are ended, and what is added beside them. */
  public ModelFiles files() {
    return files;
  }

  /**
   * Writes the manifest and gives the folder its name.
   *
   * @param manifest makes the manifest from the files written
   * @return what to tell the user, where the model that was replaced could not be deleted
   */
  public Optional<String> finish(Function<List<ModelFile>, Manifest> manifest) {
    files.writeManifest(manifest);
    return output.publish();
  }

  /** Unless the model was finished, leaves nothing behind. */
  @Override
  public void close() {
    try (output) {
      if (part != null) { // an interrupted part fails to close, which must not keep the rest
        PartWriter ending = part;
        part = null;
        ending.close();
      }
    }
  }
}
