package io.arrowquant.core.checkpoint;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RemoteException;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.core.safetensors.ForeignFormat;
import io.arrowquant.core.safetensors.IndexParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the one checkpoint that a path means, or says why there is not exactly one. */
final class CheckpointLocator {

  static final String MODEL_INDEX = "model_index.json";

  static final String SUFFIX = ".safetensors";
  static final Pattern INDEX = Pattern.compile(".*\\.safetensors\\.index(\\.[^.]+)?\\.json");
  static final Pattern STANDARD =
      Pattern.compile("(model|pytorch_model|diffusion_pytorch_model)(\\.[^.]+)?\\.safetensors");

  private final List<String> warnings = new ArrayList<>();
  private final FolderChoice choice;

  /**
   * A locator.
   *
   * @param variant the variant asked for, where a folder has several; empty text for files without
   */
  CheckpointLocator(Optional<String> variant) {
    this.choice = new FolderChoice(variant, warnings);
  }

  /** What there was to say about the choice. */
  List<String> warnings() {
    return warnings;
  }

  /** The path itself, or the snapshot in the Hugging Face cache that it names. */
  static Path resolve(Path given, OpenOptions options) {
    if (given instanceof RemotePath remote) {
      return CachedHubModel.orRemote(remote, options);
    }
    if (Files.exists(given)) {
      return HuggingFaceCache.isModelFolder(given) ? HuggingFaceCache.snapshot(given) : given;
    }
    String name = given.toString().replace('\\', '/');
    if (RemotePath.isAddress(name)) {
      return resolve(RemotePath.of(name), options);
    }
    HuggingFaceCache cache = options.cache();
    return cache
        .find(name)
        .orElseThrow(
            () ->
                new CheckpointNotFoundException(
                    "There is no file or folder "
                        + QuotedName.of(given)
                        + ", and no model of that name in the Hugging Face cache "
                        + QuotedName.of(cache.root())
                        + "."));
  }

  CheckpointLayout locate(Path path) {
    if (Files.isDirectory(path)) {
      return inFolder(path);
    }
    String name = fileName(path);
    if (INDEX.matcher(name).matches()) {
      return new CheckpointLayout.Sharded(IndexParser.read(path));
    }
    if (name.equals(MODEL_INDEX)) {
      return inFolder(path.toAbsolutePath().getParent());
    }
    if (name.endsWith(".json") || name.endsWith(".parquet")) {
      refuseQuantizedModel(path);
    }
    if (name.endsWith(".json")) {
      throw new CheckpointNotFoundException(
          QuotedName.of(path)
              + " is not a checkpoint; give a .safetensors file, a .safetensors.index.json or a"
              + " folder.");
    }
    ForeignFormat.ofName(name)
        .ifPresent(
            foreign -> {
              throw new InvalidHeaderException(
                  QuotedName.of(path) + " is " + foreign.advice() + ".");
            });
    return new CheckpointLayout.SingleFile(path);
  }

  private CheckpointLayout inFolder(Path folder) {
    List<Path> entries = list(folder);
    if (entries.stream().anyMatch(e -> fileName(e).equals(MODEL_INDEX))) {
      return components(folder, entries);
    }
    return choice
        .among(folder, entries)
        .orElseThrow(
            () -> {
              refuseQuantizedModel(folder);
              return nothingIn(folder, entries);
            });
  }

  /** A folder of ours, or what lies in it, is named by those who mean its source. */
  private static void refuseQuantizedModel(Path path) {
    Path folder = path.toAbsolutePath().normalize();
    for (int up = 0; up < 3 && folder != null; up++, folder = folder.getParent()) {
      // Folders on servers that list nothing are looked through for model.json alone.
      boolean unlisted = folder instanceof RemotePath remote && remote.hubName().isEmpty();
      if (Files.exists(folder.resolve("model.json"))
          && (unlisted || Files.exists(folder.resolve("layers.parquet")))) {
        if (folder instanceof RemotePath) {
          throw RemoteException.quantizedModel(folder);
        }
        throw new CheckpointNotFoundException(
            QuotedName.of(path)
                + (up == 0 ? " is" : " belongs to")
                + " a model that ArrowQuant wrote, quantized already: take the checkpoint that it"
                + " was made from, or what 'arrowquant dequantize' makes of it.");
      }
    }
  }

  private CheckpointLayout components(Path folder, List<Path> entries) {
    TreeMap<String, CheckpointLayout> parts = new TreeMap<>();
    for (Path entry : entries) {
      if (!Files.isDirectory(entry)) {
        if (fileName(entry).endsWith(SUFFIX)) {
          warnings.add(
              QuotedName.of(entry)
                  + " is left out: the folder has a "
                  + MODEL_INDEX
                  + ", so its components are the model.");
        }
        continue;
      }
      List<Path> inside = list(entry);
      Optional<CheckpointLayout> part = choice.among(entry, inside);
      if (part.isPresent()) {
        parts.put(fileName(entry), part.get());
      } else {
        warnAboutForeign(entry, inside);
      }
    }
    if (parts.isEmpty()) {
      throw nothingIn(folder, entries);
    }
    return new CheckpointLayout.Components(parts);
  }

  private void warnAboutForeign(Path component, List<Path> entries) {
    entries.stream()
        .filter(e -> ForeignFormat.ofName(fileName(e)).isPresent())
        .findFirst()
        .ifPresent(
            e ->
                warnings.add(
                    "Component "
                        + QuotedName.of(fileName(component))
                        + " is left out: it has no SafeTensors file, only "
                        + QuotedName.of(e)
                        + "."));
  }

  private static CheckpointNotFoundException nothingIn(Path folder, List<Path> entries) {
    String hint =
        entries.stream()
            .filter(e -> ForeignFormat.ofName(fileName(e)).isPresent())
            .findFirst()
            .map(
                e ->
                    "; "
                        + QuotedName.of(e.getFileName())
                        + " is "
                        + ForeignFormat.ofName(fileName(e)).orElseThrow().advice())
            .orElse("");
    return new CheckpointNotFoundException(
        QuotedName.of(folder) + " holds no SafeTensors file" + hint + ".");
  }

  /** The folder that a path lies in, or is. */
  static Path folderOf(Path path) {
    return Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
  }

  /**
   * Whether what else lies in the folder belongs to the checkpoint. A lone file in a folder of
   * downloads is beside files that are none of its business.
   */
  static boolean ownsItsFolder(Path path, CheckpointLayout layout) {
    if (!(layout instanceof CheckpointLayout.SingleFile single) || Files.isDirectory(path)) {
      return true;
    }
    if (STANDARD.matcher(fileName(single.file())).matches()) {
      return true;
    }
    Path folder = folderOf(path);
    return Files.isReadable(folder)
        && list(folder).stream().filter(e -> fileName(e).endsWith(SUFFIX)).count() == 1;
  }

  /** What is in a folder, sorted, without hidden entries. */
  static List<Path> list(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(e -> !fileName(e).startsWith(".")).sorted().toList();
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(folder, e);
    }
  }

  static String fileName(Path path) {
    Path name = path.getFileName();
    return name == null ? "" : name.toString();
  }
}
