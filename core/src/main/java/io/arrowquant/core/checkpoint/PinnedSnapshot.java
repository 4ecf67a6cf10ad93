package io.arrowquant.core.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.checkpoint.CheckpointLayout.Components;
import io.arrowquant.core.checkpoint.CheckpointLayout.Sharded;
import io.arrowquant.core.checkpoint.CheckpointLayout.SingleFile;
import io.arrowquant.core.safetensors.SafeTensorsIndex;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the cache holds of a commit, which never changes.
 *
 * @param path the snapshot, or a folder or file of it
 * @param variant the variant asked for; empty text for files without
 */
record PinnedSnapshot(Path path, Optional<String> variant) {

  /** Far more than any such file has. */
  private static final int LONGEST_INDEX = 1 << 20;

  /**
   * Whether opening it takes the weights that it would if the cache had all of the commit. False
   * where only the Hub can tell, as where weights have unusual names.
   */
  boolean suffices() {
    if (!Files.exists(path)) {
      return false;
    }
    try {
      CheckpointLayout layout = new CheckpointLocator(variant).locate(path);
      boolean named = Files.isRegularFile(path) && !(layout instanceof Components);
      return isWhole(layout) && (named || isUsual(layout));
    } catch (ArrowQuantException e) {
      return false; // the Hub may have what is missing
    }
  }

  private static boolean isWhole(CheckpointLayout layout) {
    if (layout instanceof SingleFile single) {
      return Files.isRegularFile(single.file());
    }
    if (layout instanceof Sharded sharded) {
      SafeTensorsIndex index = sharded.index();
      return index.weightMap().values().stream()
          .distinct()
          .allMatch(shard -> Files.isRegularFile(index.file().resolveSibling(shard)));
    }
    return ((Components) layout).parts().values().stream().allMatch(PinnedSnapshot::isWhole);
  }

  /** Whether a folder's choice would be the same with other weights beside it. */
  private boolean isUsual(CheckpointLayout layout) {
    if (layout instanceof Components components) {
      return components.parts().values().stream().allMatch(this::isUsual)
          && hasAllOf(components.parts().keySet());
    }
    boolean named =
        !(layout instanceof SingleFile single)
            || CheckpointLocator.STANDARD
                .matcher(CheckpointLocator.fileName(single.file()))
                .matches();
    return named && FolderChoice.variantOf(layout).equals(variant.orElse(""));
  }

  /** Of components with a {@code config.json} weights are wanted; schedulers have none. */
  private boolean hasAllOf(Set<String> components) {
    Path folder = CheckpointLocator.folderOf(path);
    Set<String> folders =
        CheckpointLocator.list(folder).stream()
            .filter(Files::isDirectory)
            .map(CheckpointLocator::fileName)
            .collect(Collectors.toSet());
    try (InputStream in = Files.newInputStream(folder.resolve(CheckpointLocator.MODEL_INDEX))) {
      JsonNode index = new ObjectMapper().readTree(in.readNBytes(LONGEST_INDEX));
      for (Map.Entry<String, JsonNode> entry : index.properties()) {
        String name = entry.getKey();
        boolean isComponent = entry.getValue().path(0).isTextual();
        if (isComponent
            && !components.contains(name)
            && (!folders.contains(name)
                || Files.exists(folder.resolve(name).resolve("config.json")))) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
