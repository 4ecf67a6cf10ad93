package io.arrowquant.core.modality;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.modality.ModalityEvidence.Entry;
import io.arrowquant.core.safetensors.TensorInfo;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Finds a model's modality by the first of these that says something: the user's setting; {@code
 * modality}, then {@code architecture} in a file's {@code __metadata__}; {@code model_index.json}
 * and {@code config.json}; the folders of a diffusers model; tensor names and shapes. Where nothing
 * does, it is unknown.
 */
public final class ModalityRules {

  /** Keys in {@code __metadata__}, strongest first; the last is that of Stability's model spec. */
  private static final List<String> METADATA =
      List.of("modality", "architecture", "modelspec.architecture");

  private static final Set<String> IMAGE_FOLDERS = Set.of("unet", "vae", "transformer");
  private static final Set<String> AUDIO_FOLDERS = Set.of("vocoder");

  private ModalityRules() {}

  /** What the user says, or else what the evidence shows. */
  public static ModalityFinding detect(Optional<Modality> setting, ModalityEvidence evidence) {
    return setting
        .map(m -> new ModalityFinding(m, "setting", m.word()))
        .orElseGet(() -> detect(evidence));
  }

  /** What the evidence shows. */
  public static ModalityFinding detect(ModalityEvidence evidence) {
    return Stream.<Supplier<Optional<ModalityFinding>>>of(
            () -> metadata(evidence),
            () -> config(evidence, true),
            () -> folders(evidence, AUDIO_FOLDERS, Modality.AUDIO),
            () -> folders(evidence, IMAGE_FOLDERS, Modality.IMAGE),
            () -> config(evidence, false),
            () -> tensors(evidence.tensors()))
        .flatMap(rule -> rule.get().stream())
        .findFirst()
        .orElse(new ModalityFinding(Modality.UNKNOWN, "no rule", "nothing that a rule knows"));
  }

  private static Optional<ModalityFinding> metadata(ModalityEvidence evidence) {
    return METADATA.stream()
        .flatMap(key -> evidence.metadata().stream().filter(e -> e.key().equals(key)))
        .flatMap(entry -> words("metadata", entry).stream())
        .findFirst();
  }

  /** Image and audio words count at once; "text" and "code" only where no folder knows better. */
  private static Optional<ModalityFinding> config(ModalityEvidence evidence, boolean strong) {
    return evidence.config().stream()
        .flatMap(entry -> words("config", entry).stream())
        .filter(f -> strong == (f.modality() == Modality.IMAGE || f.modality() == Modality.AUDIO))
        .findFirst();
  }

  private static Optional<ModalityFinding> words(String rule, Entry entry) {
    return WordRule.find(entry.value())
        .map(
            word ->
                new ModalityFinding(
                    word.modality(),
                    rule + " " + entry.key(),
                    entry.key() + " = " + QuotedName.of(entry.value())));
  }

  private static Optional<ModalityFinding> folders(
      ModalityEvidence evidence, Set<String> folders, Modality modality) {
    return evidence.components().stream()
        .filter(c -> folders.contains(c.toLowerCase(Locale.ROOT)))
        .findFirst()
        .map(c -> new ModalityFinding(modality, "component folder", c + "/"));
  }

  private static Optional<ModalityFinding> tensors(List<TensorInfo> tensors) {
    List<TensorInfo> kinds = kinds(tensors);
    return TensorRule.ALL.stream().flatMap(rule -> fire(rule, kinds).stream()).findFirst();
  }

  /** One tensor of each shape and name, layer numbers aside: hundreds, where tensors are many. */
  private static List<TensorInfo> kinds(List<TensorInfo> tensors) {
    Set<Map.Entry<String, List<Long>>> seen = new HashSet<>();
    return tensors.stream()
        .filter(t -> seen.add(Map.entry(withoutNumbers(t.name()), t.shape())))
        .toList();
  }

  /** The name with a zero for each dotted part that is a number. */
  private static String withoutNumbers(String name) {
    StringBuilder out = new StringBuilder(name.length());
    int start = 0;
    while (start <= name.length()) {
      int dot = name.indexOf('.', start);
      int end = dot < 0 ? name.length() : dot;
      out.append(start == 0 ? "" : ".");
      if (isNumber(name, start, end)) {
        out.append('0');
      } else {
        out.append(name, start, end);
      }
      start = end + 1;
    }
    return out.toString();
  }

  private static boolean isNumber(String name, int start, int end) {
    for (int i = start; i < end; i++) {
      if (name.charAt(i) < '0' || name.charAt(i) > '9') {
        return false;
      }
    }
    return end > start;
  }

  private static Optional<ModalityFinding> fire(TensorRule rule, List<TensorInfo> tensors) {
    List<String> found = new ArrayList<>();
    for (TensorRule.Clue clue : rule.clues()) {
      Optional<TensorInfo> tensor = tensors.stream().filter(clue).findFirst();
      if (tensor.isEmpty()) {
        return Optional.empty();
      }
      found.add(QuotedName.of(tensor.get().name()));
    }
    return Optional.of(
        new ModalityFinding(
            rule.modality(), "tensors: " + rule.title(), String.join(" and ", found)));
  }
}
