package io.arrowquant.core.checkpoint;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.remote.HuggingFaceHome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The local cache of models downloaded from Hugging Face: {@code
 * models--org--name/snapshots/COMMIT}, where {@code refs/main} names the commit. Nothing is ever
 * downloaded.
 *
 * @param root the folder that holds {@code models--*}
 */
public record HuggingFaceCache(Path root) {

  private static final String PREFIX = "models--";
  private static final Pattern MODEL =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?");
  private static final Pattern COMMIT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  /** Where the environment says the cache is: HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME or home. */
  public static HuggingFaceCache of(Map<String, String> environment, Path home) {
    String hub = environment.getOrDefault("HF_HUB_CACHE", "");
    return new HuggingFaceCache(
        hub.isEmpty() ? HuggingFaceHome.of(environment, home).resolve("hub") : Path.of(hub));
  }

  /**
   * The snapshot of a model named {@code org/name}, {@code name} or {@code models--org--name};
   * empty where the cache has no such model.
   *
   * @throws CheckpointNotFoundException if the model is there but its snapshot is not
   */
  public Optional<Path> find(String name) {
    if (!MODEL.matcher(name).matches()) {
      return Optional.empty();
    }
    Path model = root.resolve(name.startsWith(PREFIX) ? name : PREFIX + name.replace("/", "--"));
    return Files.isDirectory(model) ? Optional.of(snapshot(model)) : Optional.empty();
  }

  /** The commit that a revision of a model named when it was downloaded. */
  Optional<String> commit(String repository, String revision) {
    if (!MODEL.matcher(repository).matches()) {
      return Optional.empty();
    }
    Path ref =
        root.resolve(PREFIX + repository.replace("/", "--")).resolve("refs").resolve(revision);
    return Files.isRegularFile(ref) ? Optional.of(read(ref)) : Optional.empty();
  }

  /** The snapshot of a commit of a model, as far as it was downloaded. */
  Optional<Path> snapshot(String repository, String commit) {
    if (!MODEL.matcher(repository).matches() || !COMMIT.matcher(commit).matches()) {
      return Optional.empty();
    }
    Path model = root.resolve(PREFIX + repository.replace("/", "--"));
    Path snapshot = model.resolve("snapshots").resolve(commit);
    return Files.isDirectory(snapshot) ? Optional.of(snapshot) : Optional.empty();
  }

  /** Whether a folder is a model of such a cache rather than a checkpoint itself. */
  static boolean isModelFolder(Path folder) {
    Path name = folder.getFileName();
    return name != null
        && name.toString().startsWith(PREFIX)
        && Files.isDirectory(folder.resolve("snapshots"));
  }

  /** The snapshot that {@code refs/main} of a model's folder names. */
  static Path snapshot(Path model) {
    Path ref = model.resolve("refs").resolve("main");
    if (!Files.isRegularFile(ref)) {
      throw new CheckpointNotFoundException(
          "The cached model "
              + QuotedName.of(model)
              + " has no refs/main that says which snapshot to take; give the snapshot's folder.");
    }
    String commit = read(ref);
    Path snapshots = model.resolve("snapshots");
    if (!COMMIT.matcher(commit).matches() || !Files.isDirectory(snapshots.resolve(commit))) {
      throw new CheckpointNotFoundException(
          "The cached model "
              + QuotedName.of(model)
              + " names the snapshot "
              + QuotedName.of(commit)
              + " in refs/main, but has no such snapshot; download the model again.");
    }
    return snapshots.resolve(commit);
  }

  private static String read(Path ref) {
    try (var in = Files.newInputStream(ref)) {
      return new String(in.readNBytes(256), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(ref, e);
    }
  }
}
