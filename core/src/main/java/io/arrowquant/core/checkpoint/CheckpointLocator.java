package io.arrowquant.core.checkpoint;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.InvalidIndexException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.safetensors.ForeignFormat;
import io.arrowquant.core.safetensors.IndexParser;
import io.arrowquant.core.safetensors.SafeTensorsIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the one checkpoint that a path means, or says why there is not exactly one. */
final class CheckpointLocator {

  static final String MODEL_INDEX = "model_index.json";

  private static final String SUFFIX = ".safetensors";
  private static final Pattern INDEX =
      Pattern.compile(".*\\.safetensors\\.index(\\.[^.]+)?\\.json");
  private static final Pattern SHARD =
      Pattern.compile(".*-\\d{5}-of-\\d{5}(\\.[^.]+)?\\.safetensors");

  private static final Pattern STANDARD =
      Pattern.compile("(model|pytorch_model|diffusion_pytorch_model)(\\.[^.]+)?\\.safetensors");

  /**
   * The variant is {@code fp16} in each of these: {@code m.fp16.safetensors}, {@code
   * m.fp16.safetensors.index.json}, {@code m.safetensors.index.fp16.json}.
   */
  private static final Pattern VARIANT =
      Pattern.compile(
          ".*?(\\.(?<file>[A-Za-z]\\w*))?\\.safetensors(\\.index(\\.(?<index>\\w+))?\\.json)?");

  private final Optional<String> variant;
  private final List<String> warnings = new ArrayList<>();

  /**
   * A locator.
   *
   * @param variant the variant asked for, where a folder has several; empty text for files without
   */
  CheckpointLocator(Optional<String> variant) {
    this.variant = variant;
  }

  /** What there was to say about the choice. */
  List<String> warnings() {
    return warnings;
  }

  /** The path itself, or the snapshot in the Hugging Face cache that it names. */
  static Path resolve(Path given, HuggingFaceCache cache) {
    if (Files.exists(given)) {
      return HuggingFaceCache.isModelFolder(given) ? HuggingFaceCache.snapshot(given) : given;
    }
    String name = given.toString().replace('\\', '/');
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
    List<CheckpointLayout> candidates = candidates(entries);
    if (candidates.isEmpty()) {
      throw nothingIn(folder, entries);
    }
    return candidates.size() == 1 ? candidates.get(0) : choose(folder, candidates);
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
      List<CheckpointLayout> candidates = candidates(inside);
      if (candidates.size() == 1) {
        parts.put(fileName(entry), candidates.get(0));
      } else if (candidates.size() > 1) {
        parts.put(fileName(entry), choose(entry, candidates));
      } else {
        inside.stream()
            .filter(f -> ForeignFormat.ofName(fileName(f)).isPresent())
            .findFirst()
            .ifPresent(
                f ->
                    warnings.add(
                        "Component "
                            + QuotedName.of(fileName(entry))
                            + " is left out: it has no SafeTensors file, only "
                            + QuotedName.of(f)
                            + "."));
      }
    }
    if (parts.isEmpty()) {
      throw nothingIn(folder, entries);
    }
    return new CheckpointLayout.Components(parts);
  }

  /** Every index, and every SafeTensors file that is no shard. */
  private List<CheckpointLayout> candidates(List<Path> entries) {
    List<CheckpointLayout> candidates = new ArrayList<>();
    Set<Path> shards = new HashSet<>();
    for (Path entry : entries) {
      if (INDEX.matcher(fileName(entry)).matches()) {
        SafeTensorsIndex index = IndexParser.read(entry);
        candidates.add(new CheckpointLayout.Sharded(index));
        index.weightMap().values().forEach(shard -> shards.add(entry.resolveSibling(shard)));
      }
    }
    for (Path entry : entries) {
      String name = fileName(entry);
      if (!name.endsWith(SUFFIX) || shards.contains(entry) || Files.isDirectory(entry)) {
        continue;
      }
      if (!SHARD.matcher(name).matches()) {
        candidates.add(new CheckpointLayout.SingleFile(entry));
      } else if (candidates.isEmpty()) {
        throw new InvalidIndexException(
            QuotedName.of(entry)
                + " is one shard of several, but its folder has no *.safetensors.index.json.");
      } else {
        warnings.add(QuotedName.of(entry) + " is left out: no index names it.");
      }
    }
    return candidates;
  }

  /**
   * A single file beside an index of the same name is fine where both hold the same tensors; any
   * other choice is the user's, since equal shapes do not make equal weights.
   */
  private CheckpointLayout choose(Path folder, List<CheckpointLayout> all) {
    List<CheckpointLayout> asked =
        all.stream().filter(c -> variant.filter(variantOf(c)::equals).isPresent()).toList();
    if (asked.size() == 1) {
      return asked.get(0);
    }
    List<CheckpointLayout> candidates = asked.isEmpty() ? all : asked;
    if (candidates.size() == 2
        && candidates.get(0) instanceof CheckpointLayout.Sharded sharded
        && candidates.get(1) instanceof CheckpointLayout.SingleFile single
        && fileName(sharded.index().file()).equals(fileName(single.file()) + ".index.json")
        && CheckpointContent.read(single).agreesWith(CheckpointContent.read(sharded))) {
      warnings.add(
          QuotedName.of(single.file()) + " is taken; the shards beside it hold the same tensors.");
      return single;
    }
    String names =
        candidates.stream()
            .map(c -> QuotedName.of(fileOf(c).getFileName()))
            .collect(Collectors.joining(", "));
    throw new InvalidIndexException(
        QuotedName.of(folder)
            + " holds several checkpoints that differ: "
            + names
            + "; give the path of the one that is meant, or its variant.");
  }

  private static Path fileOf(CheckpointLayout layout) {
    return layout instanceof CheckpointLayout.Sharded sharded
        ? sharded.index().file()
        : ((CheckpointLayout.SingleFile) layout).file();
  }

  private static String variantOf(CheckpointLayout layout) {
    Matcher name = VARIANT.matcher(fileName(fileOf(layout)));
    if (!name.matches()) {
      return "";
    }
    String ofIndex = name.group("index");
    String ofFile = name.group("file");
    return ofIndex != null ? ofIndex : ofFile != null ? ofFile : "";
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
