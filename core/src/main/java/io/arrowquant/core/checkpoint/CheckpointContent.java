package io.arrowquant.core.checkpoint;

import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidIndexException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.core.safetensors.HeaderParser;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import io.arrowquant.core.safetensors.SafeTensorsIndex;
import io.arrowquant.core.safetensors.TensorInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The headers of a layout, checked against each other.
 *
 * @param files headers, sorted by path within a component
 * @param tensors sorted by name
 * @param warnings what is odd but harmless
 */
record CheckpointContent(
    List<SafeTensorsHeader> files, List<CheckpointTensor> tensors, List<String> warnings) {

  static CheckpointContent read(CheckpointLayout layout) {
    if (layout instanceof CheckpointLayout.SingleFile single) {
      SafeTensorsHeader header = HeaderParser.read(single.file());
      return sorted(List.of(header), tensors(header), List.of());
    }
    if (layout instanceof CheckpointLayout.Sharded sharded) {
      return readShards(sharded.index());
    }
    return readComponents((CheckpointLayout.Components) layout);
  }

  /** Whether both hold tensors of the same names, dtypes and shapes. */
  boolean agreesWith(CheckpointContent other) {
    if (tensors.size() != other.tensors.size()) {
      return false;
    }
    for (int i = 0; i < tensors.size(); i++) {
      CheckpointTensor mine = tensors.get(i);
      CheckpointTensor theirs = other.tensors.get(i);
      if (!mine.name().equals(theirs.name())
          || mine.dtype() != theirs.dtype()
          || !mine.shape().equals(theirs.shape())) {
        return false;
      }
    }
    return true;
  }

  private static CheckpointContent readShards(SafeTensorsIndex index) {
    List<SafeTensorsHeader> files = new ArrayList<>();
    List<CheckpointTensor> tensors = new ArrayList<>();
    Set<String> found = new HashSet<>();
    long bytes = 0;
    prefetch(new CheckpointLayout.Sharded(index));
    for (Path shard : new TreeSet<>(index.weightMap().values())) {
      SafeTensorsHeader header = readShard(index, shard);
      files.add(header);
      for (TensorInfo info : header.tensors()) {
        checkMapping(index, shard, info.name());
        found.add(info.name());
        tensors.add(new CheckpointTensor(info.name(), info, header));
        bytes += info.byteSize();
      }
    }
    for (Map.Entry<String, Path> entry : index.weightMap().entrySet()) {
      if (!found.contains(entry.getKey())) {
        throw disagreement(index, entry.getKey(), entry.getValue(), "which does not hold it");
      }
    }
    return sorted(files, tensors, checkTotalSize(index, bytes));
  }

  private static SafeTensorsHeader readShard(SafeTensorsIndex index, Path shard) {
    try {
      return HeaderParser.read(index.file().resolveSibling(shard));
    } catch (CheckpointNotFoundException e) {
      throw new InvalidIndexException(
          "The index "
              + QuotedName.of(index.file())
              + " names the shard "
              + QuotedName.of(shard)
              + ", which is missing.",
          e);
    }
  }

  /** A tensor in two shards shows here too: the index maps it to only one of them. */
  private static void checkMapping(SafeTensorsIndex index, Path shard, String tensor) {
    Path mapped = index.weightMap().get(tensor);
    if (mapped == null) {
      throw new InvalidIndexException(
          "The shard "
              + QuotedName.of(shard)
              + " holds tensor "
              + QuotedName.of(tensor)
              + ", which the index "
              + QuotedName.of(index.file())
              + " does not name.");
    }
    if (!mapped.equals(shard)) {
      throw disagreement(
          index, tensor, mapped, "but the shard " + QuotedName.of(shard) + " holds it");
    }
  }

  private static InvalidIndexException disagreement(
      SafeTensorsIndex index, String tensor, Path mapped, String but) {
    return new InvalidIndexException(
        "The index "
            + QuotedName.of(index.file())
            + " maps tensor "
            + QuotedName.of(tensor)
            + " to "
            + QuotedName.of(mapped)
            + ", "
            + but
            + ".");
  }

  private static List<String> checkTotalSize(SafeTensorsIndex index, long bytes) {
    if (index.totalSize().isEmpty() || index.totalSize().getAsDouble() == (double) bytes) {
      return List.of();
    }
    double claimed = index.totalSize().getAsDouble();
    return List.of(
        "The index "
            + QuotedName.of(index.file())
            + " claims a total_size of "
            + (claimed == Math.rint(claimed) && Math.abs(claimed) < 0x1p63
                ? Long.toString((long) claimed)
                : Double.toString(claimed))
            + " bytes, but its tensors take "
            + bytes
            + ".");
  }

  private static CheckpointContent readComponents(CheckpointLayout.Components layout) {
    List<SafeTensorsHeader> files = new ArrayList<>();
    List<CheckpointTensor> tensors = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    layout.parts().values().forEach(CheckpointContent::prefetch);
    layout
        .parts()
        .forEach(
            (component, part) -> {
              CheckpointContent content = read(part);
              files.addAll(content.files());
              warnings.addAll(content.warnings());
              for (CheckpointTensor tensor : content.tensors()) {
                tensors.add(
                    new CheckpointTensor(
                        component + "/" + tensor.name(), tensor.info(), tensor.file()));
              }
            });
    return sorted(files, tensors, warnings);
  }

  /** So that the files of all components are under way before the first is waited for. */
  private static void prefetch(CheckpointLayout layout) {
    if (layout instanceof CheckpointLayout.SingleFile single) {
      RemotePath.prefetch(List.of(single.file()));
    } else if (layout instanceof CheckpointLayout.Sharded sharded) {
      SafeTensorsIndex index = sharded.index();
      RemotePath.prefetch(
          new TreeSet<>(index.weightMap().values())
              .stream().map(s -> index.file().resolveSibling(s)).toList());
    }
  }

  private static List<CheckpointTensor> tensors(SafeTensorsHeader header) {
    List<CheckpointTensor> tensors = new ArrayList<>(header.tensors().size());
    for (TensorInfo info : header.tensors()) {
      tensors.add(new CheckpointTensor(info.name(), info, header));
    }
    return tensors;
  }

  private static CheckpointContent sorted(
      List<SafeTensorsHeader> files, List<CheckpointTensor> tensors, List<String> warnings) {
    tensors.sort(Comparator.comparing(CheckpointTensor::name));
    return new CheckpointContent(List.copyOf(files), List.copyOf(tensors), List.copyOf(warnings));
  }
}
