package io.arrowquant.core.checkpoint;

import static io.arrowquant.core.checkpoint.CheckpointLocator.fileName;

import io.arrowquant.core.InvalidIndexException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.safetensors.IndexParser;
import io.arrowquant.core.safetensors.SafeTensorsIndex;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Chooses the one checkpoint of a folder that may hold several.
 *
 * @param variant the variant asked for; empty text for files without
 * @param warnings takes what there is to say about the choice
 */
record FolderChoice(Optional<String> variant, List<String> warnings) {

  private static final Pattern SHARD =
      Pattern.compile(".*-\\d{5}-of-\\d{5}(\\.[^.]+)?\\.safetensors");

  /** Beside a model, statistics of its activations. */
  private static final String CALIBRATION = "calibration.safetensors";

  /**
   * The variant is {@code fp16} in each of these: {@code m.fp16.safetensors}, {@code
   * m.fp16.safetensors.index.json}, {@code m.safetensors.index.fp16.json}.
   */
  private static final Pattern VARIANT =
      Pattern.compile(
          ".*?(\\.(?<file>[A-Za-z]\\w*))?\\.safetensors(\\.index(\\.(?<index>\\w+))?\\.json)?");

  /**
   * The checkpoint among a folder's entries, empty where there is none.
   *
   * @throws InvalidIndexException if there are several, or shards without an index
   */
  Optional<CheckpointLayout> among(Path folder, List<Path> entries) {
    List<CheckpointLayout> candidates = candidates(entries);
    if (candidates.size() > 1) {
      return Optional.of(choose(folder, candidates));
    }
    for (CheckpointLayout only : candidates) {
      if (variant.isPresent() && !isAskedFor(only)) {
        warnings.add(
            QuotedName.of(fileOf(only))
                + " is taken: there is no variant "
                + QuotedName.of(variant.get())
                + ".");
      }
    }
    return candidates.stream().findFirst();
  }

  /** Every index, and every SafeTensors file that is no shard. */
  private List<CheckpointLayout> candidates(List<Path> entries) {
    List<CheckpointLayout> candidates = new ArrayList<>();
    Set<Path> shards = new HashSet<>();
    for (Path entry : entries) {
      if (CheckpointLocator.INDEX.matcher(fileName(entry)).matches()) {
        SafeTensorsIndex index = IndexParser.read(entry);
        candidates.add(new CheckpointLayout.Sharded(index));
        index.weightMap().values().forEach(shard -> shards.add(entry.resolveSibling(shard)));
      }
    }
    List<Path> strays = new ArrayList<>();
    for (Path entry : entries) {
      boolean weights = fileName(entry).endsWith(CheckpointLocator.SUFFIX);
      if (!weights
          || shards.contains(entry)
          || fileName(entry).equals(CALIBRATION)
          || Files.isDirectory(entry)) {
        continue;
      }
      if (SHARD.matcher(fileName(entry)).matches()) {
        strays.add(entry);
      } else {
        candidates.add(new CheckpointLayout.SingleFile(entry));
      }
    }
    if (candidates.isEmpty() && !strays.isEmpty()) {
      throw new InvalidIndexException(
          QuotedName.of(strays.get(0))
              + " is one shard of several, but its folder has no *.safetensors.index.json.");
    }
    strays.forEach(s -> warnings.add(QuotedName.of(s) + " is left out: no index names it."));
    return candidates;
  }

  /**
   * A single file beside an index of the same name is fine where both hold the same tensors; any
   * other choice is the user's, since equal shapes do not make equal weights.
   */
  private CheckpointLayout choose(Path folder, List<CheckpointLayout> all) {
    List<CheckpointLayout> asked = all.stream().filter(this::isAskedFor).toList();
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

  private boolean isAskedFor(CheckpointLayout layout) {
    return variant.filter(variantOf(layout)::equals).isPresent();
  }

  private static Path fileOf(CheckpointLayout layout) {
    return layout instanceof CheckpointLayout.Sharded sharded
        ? sharded.index().file()
        : ((CheckpointLayout.SingleFile) layout).file();
  }

  /** The variant in the name of a file or an index; empty text where there is none. */
  static String variantOf(CheckpointLayout layout) {
    Matcher name = VARIANT.matcher(fileName(fileOf(layout)));
    if (!name.matches()) {
      return "";
    }
    String ofIndex = name.group("index");
    String ofFile = name.group("file");
    return ofIndex != null ? ofIndex : ofFile != null ? ofFile : "";
  }
}
