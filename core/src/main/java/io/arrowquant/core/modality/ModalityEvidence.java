package io.arrowquant.core.modality;

import io.arrowquant.core.safetensors.TensorInfo;
import java.util.List;

/**
 * All that the rules look at.
 *
 * @param metadata {@code __metadata__} entries of all files
 * @param config {@code _class_name}, {@code architectures} and {@code model_type} of {@code
 *     model_index.json} and {@code config.json}
 * @param components folders of a diffusers model, empty for others
 * @param tensors as the headers have them
 */
public record ModalityEvidence(
    List<Entry> metadata, List<Entry> config, List<String> components, List<TensorInfo> tensors) {

  /** A key and its value. */
  public record Entry(String key, String value) {}

  public ModalityEvidence {
    metadata = List.copyOf(metadata);
    config = List.copyOf(config);
    components = List.copyOf(components);
    tensors = List.copyOf(tensors);
  }
}
