package io.arrowquant.core.checkpoint;

import io.arrowquant.core.modality.ModalityEvidence;
import io.arrowquant.core.modality.ModalityFinding;
import io.arrowquant.core.modality.ModalityRules;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A SafeTensors model, whatever its layout on disk, seen as one list of tensors. Only headers have
 * been read; no file is held open. Immutable and safe for use by many threads.
 */
public final class Checkpoint {

  private final Path path;
  private final Path root;
  private final CheckpointContent content;
  private final List<String> components;
  private final List<Path> companions;
  private final ModelConfig config;
  private final List<String> warnings;
  private final Map<String, CheckpointTensor> byName;

  private Checkpoint(
      Path path,
      Path root,
      CheckpointContent content,
      List<String> components,
      List<Path> companions,
      ModelConfig config,
      List<String> warnings) {
    this.path = path;
    this.root = root;
    this.content = content;
    this.components = components;
    this.companions = companions;
    this.config = config;
    this.warnings = List.copyOf(warnings);
    this.byName = new HashMap<>(content.tensors().size() * 2);
    content.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
  }

  /**
   * Opens a {@code .safetensors} file, a {@code .safetensors.index.json}, a folder with either, a
   * diffusers folder (its tensors are named {@code component/tensor}), or a model in the local
   * Hugging Face cache named {@code org/name} or {@code models--org--name}. A path that exists wins
   * over the cache.
   *
   * @throws io.arrowquant.core.CheckpointNotFoundException if nothing is there, or nothing of use
   * @throws io.arrowquant.core.InvalidHeaderException if a file is not SafeTensors
   * @throws io.arrowquant.core.InvalidOffsetsException if tensors do not tile a file's data
   * @throws io.arrowquant.core.UnsupportedDTypeException if a dtype is unknown
   * @throws io.arrowquant.core.InvalidIndexException if an index is malformed or disagrees with its
   *     shards, or a folder holds several checkpoints
   * @throws io.arrowquant.core.StorageException if reading fails
   */
  public static Checkpoint open(Path path) {
    return open(path, OpenOptions.defaults());
  }

  /** As {@link #open(Path)}, with a cache or a variant of the caller's. */
  public static Checkpoint open(Path path, OpenOptions options) {
    Path found = CheckpointLocator.resolve(path, options);
    CheckpointLocator locator = new CheckpointLocator(options.variant());
    CheckpointLayout layout = locator.locate(found);
    CheckpointContent content = CheckpointContent.read(layout);
    Path root = CheckpointLocator.folderOf(found);
    List<String> warnings = new ArrayList<>(locator.warnings());
    warnings.addAll(content.warnings());
    List<String> components =
        layout instanceof CheckpointLayout.Components parts
            ? List.copyOf(parts.parts().keySet())
            : List.of();
    List<Path> companions =
        CheckpointLocator.ownsItsFolder(found, layout)
            ? CompanionFiles.find(root, !components.isEmpty(), warnings)
            : List.of();
    ModelConfig config = ModelConfig.read(root, companions, warnings);
    return new Checkpoint(found, root, content, components, companions, config, warnings);
  }

  /** What was opened: as given, or the snapshot in the cache. */
  public Path path() {
    return path;
  }

  /** The folder that companion files and the keys of {@link #metadata()} are relative to. */
  public Path root() {
    return root;
  }

  /** All tensors, sorted by name in the order of {@link String#compareTo}. */
  public List<CheckpointTensor> tensors() {
    return content.tensors();
  }

  /** The tensor of a name; empty if there is none. */
  public Optional<CheckpointTensor> tensor(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The header of each file. */
  public List<SafeTensorsHeader> files() {
    return content.files();
  }

  /**
   * {@code __metadata__} of each file, by the file's path relative to {@link #root()} with {@code
   * /} between folders. Files without metadata have an empty map.
   */
  public Map<String, Map<String, String>> metadata() {
    Map<String, Map<String, String>> metadata = new LinkedHashMap<>();
    for (SafeTensorsHeader file : content.files()) {
      metadata.put(relative(file.file()), file.metadata());
    }
    return Collections.unmodifiableMap(metadata);
  }

  /**
   * Small files to carry along with the model (configuration, tokenizer, scheduler, index,
   * licence), relative to {@link #root()}, each at most 64 MiB, none of them weights.
   */
  public List<Path> companionFiles() {
    return companions;
  }

  /** What is odd but harmless, each a sentence: a wrong {@code total_size}, files left out. */
  public List<String> warnings() {
    return warnings;
  }

  /** What the model makes or reads, and how that was found out. Looks at every tensor's name. */
  public ModalityFinding modality() {
    return ModalityRules.detect(modalityEvidence());
  }

  /** What the modality is detected from. */
  public ModalityEvidence modalityEvidence() {
    List<ModalityEvidence.Entry> metadata = new ArrayList<>();
    for (SafeTensorsHeader file : content.files()) {
      file.metadata().forEach((k, v) -> metadata.add(new ModalityEvidence.Entry(k, v)));
    }
    return new ModalityEvidence(
        metadata,
        config.architecture(),
        components,
        content.tensors().stream().map(CheckpointTensor::info).toList());
  }

  /** Whether the model is quantized already, how, and what shows it. */
  public Optional<QuantizedInput> quantizedInput() {
    return QuantizedInput.find(this, config.quantMethod());
  }

  /** Counts and sizes of all tensors. */
  public CheckpointSummary summary() {
    return summary(tensors());
  }

  /** The summary of some of its tensors. */
  public CheckpointSummary summary(List<CheckpointTensor> chosen) {
    return CheckpointSummary.of(this, chosen);
  }

  /** A path of the checkpoint relative to {@link #root()}, with {@code /} between folders. */
  public String relative(Path file) {
    return root.toAbsolutePath()
        .relativize(file.toAbsolutePath())
        .toString()
        .replace(file.getFileSystem().getSeparator(), "/");
  }
}
