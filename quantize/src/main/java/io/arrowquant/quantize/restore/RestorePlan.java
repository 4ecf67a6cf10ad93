package io.arrowquant.quantize.restore;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the restored checkpoint consists of, as the one that the model was made from did.
 *
 * @param components each with tensors in layer order
 */
record RestorePlan(List<Component> components) {

  private static final String SHARD = "-\\d{5}-of-\\d{5}$";

  /**
   * A folder with files of one base name.
   *
   * @param folder relative to the checkpoint's, or the empty string for that itself
   * @param baseName of its files
   * @param metadata for each file; where files of the source contradict each other, of the first
   */
  record Component(
      String folder, String baseName, Map<String, String> metadata, List<RestoredTensor> tensors) {}

  /** A folder as it was: the same components, the same base names. */
  static RestorePlan folder(Manifest manifest, List<LayerRecord> layers, TargetDType target) {
    Map<String, List<RestoredTensor>> components = new TreeMap<>();
    for (RestoredTensor tensor : tensors(layers, target)) {
      components.computeIfAbsent(tensor.component(), c -> new ArrayList<>()).add(tensor);
    }
    List<Component> parts = new ArrayList<>();
    components.forEach(
        (folder, tensors) -> {
          Set<String> files = new TreeSet<>();
          tensors.forEach(tensor -> files.add(tensor.layer().sourceFile()));
          String base = baseName(files);
          checkName(folder);
          checkName(base);
          parts.add(new Component(folder, base, metadata(manifest, files), tensors));
        });
    if (parts.isEmpty()) {
      parts.add(new Component("", "model", metadata(manifest, null), List.of()));
    }
    return new RestorePlan(parts);
  }

  /** All in one file. */
  static RestorePlan file(
      String baseName, Manifest manifest, List<LayerRecord> layers, TargetDType target) {
    List<RestoredTensor> all = new ArrayList<>();
    tensors(layers, target).forEach(tensor -> all.add(tensor.whole()));
    return new RestorePlan(List.of(new Component("", baseName, metadata(manifest, null), all)));
  }

  /**
   * Scales that were multiplied into the weights stay beside them where those get back their 8-bit
   * dtype; beside weights of another dtype they would be applied twice.
   */
  private static List<RestoredTensor> tensors(List<LayerRecord> layers, TargetDType target) {
    Set<String> applied = new HashSet<>();
    Set<String> needed = new HashSet<>();
    for (LayerRecord layer : layers) {
      if (layer.scaleTensor() != null) {
        boolean restored = layer.quantization() == null || target.dtype().isEmpty();
        (restored ? needed : applied).add(layer.scaleTensor());
      }
    }
    return layers.stream()
        .filter(layer -> needed.contains(layer.name()) || !applied.contains(layer.name()))
        .map(layer -> RestoredTensor.of(layer, target))
        .toList();
  }

  private static String baseName(Set<String> files) {
    Set<String> names = new TreeSet<>();
    for (String file : files) {
      String name = file.substring(file.lastIndexOf('/') + 1);
      String bare =
          name.endsWith(CheckpointRestorer.ENDING)
              ? name.substring(0, name.length() - CheckpointRestorer.ENDING.length())
              : name;
      names.add(bare.replaceFirst(SHARD, ""));
    }
    return names.size() == 1 ? names.iterator().next() : "model";
  }

  /** Names come from the model's files: none may lead out of the output. */
  private static void checkName(String name) {
    boolean odd = name.chars().anyMatch(c -> c < ' ' || c == '/' || c == '\\');
    if (odd || name.equals("..") || name.equals(".")) {
      throw new InvalidModelException(
          "layers.parquet names a source file in " + QuotedName.of(name) + ", which is no folder.");
    }
  }

  /**
   * @param files which; all where it is null
   */
  private static Map<String, String> metadata(Manifest manifest, Set<String> files) {
    Map<String, String> merged = new LinkedHashMap<>();
    for (Manifest.SourceEntry source : manifest.source()) {
      if (source.metadata() != null && (files == null || files.contains(source.file()))) {
        source.metadata().forEach(merged::putIfAbsent);
      }
    }
    return merged;
  }
}
