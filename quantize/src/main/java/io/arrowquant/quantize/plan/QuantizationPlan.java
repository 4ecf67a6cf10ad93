package io.arrowquant.quantize.plan;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.NameGlob;
import io.arrowquant.core.modality.ModalityFinding;
import io.arrowquant.core.modality.ModalityRules;
import io.arrowquant.quantize.calibration.Calibration;
import io.arrowquant.quantize.diffusion.Strategy;
import io.arrowquant.quantize.diffusion.TensorCalibration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What happens to each tensor, and why: a pure function of headers and configuration, decided
 * before the first weight is read.
 *
 * @param config the effective settings
 * @param modality what the model makes or reads
 * @param calibration what is done beside plain groups, and by what data
 * @param tensors in the order of their names, numbered from 0
 */
public record QuantizationPlan(
    DiffusionQuantConfig config,
    ModalityFinding modality,
    CalibrationPlan calibration,
    List<TensorPlan> tensors) {

  public QuantizationPlan {
    tensors = List.copyOf(tensors);
  }

  /** A plan without calibration. */
  QuantizationPlan(
      DiffusionQuantConfig config, ModalityFinding modality, List<TensorPlan> tensors) {
    this(config, modality, CalibrationPlan.NONE, tensors);
  }

  /**
   * Plans a checkpoint in plain groups, whatever its modality.
   *
   * @throws InvalidConfigException if a pattern of the settings matches no tensor
   */
  public static QuantizationPlan of(Checkpoint checkpoint, DiffusionQuantConfig config) {
    ModalityFinding modality = modality(checkpoint, config);
    return new QuantizationPlan(
        config, modality, CalibrationPlan.NONE, tensors(checkpoint, config, Set.of(), false));
  }

  /**
   * Plans a checkpoint with the strategy of its modality.
   *
   * @param calibration {@link Calibration#NONE} where there is none
   * @throws InvalidConfigException if a pattern of the settings matches no tensor
   * @throws io.arrowquant.core.InvalidCalibrationException if there is calibration data, but for no
   *     tensor of the checkpoint
   */
  public static QuantizationPlan of(
      Checkpoint checkpoint, DiffusionQuantConfig config, Calibration calibration) {
    ModalityFinding modality = modality(checkpoint, config);
    Strategy strategy = Strategy.of(config, modality.modality(), calibration.source().isPresent());
    List<TensorPlan> tensors =
        tensors(checkpoint, config, calibration.tensors(), strategy.timeAware());
    return new QuantizationPlan(
        config, modality, CalibrationPlan.of(config, strategy, calibration).with(tensors), tensors);
  }

  private static ModalityFinding modality(Checkpoint checkpoint, DiffusionQuantConfig config) {
    return ModalityRules.detect(config.modality(), checkpoint.modalityEvidence());
  }

  private static List<TensorPlan> tensors(
      Checkpoint checkpoint,
      DiffusionQuantConfig config,
      Set<String> calibrated,
      boolean weighted) {
    List<CheckpointTensor> tensors =
        checkpoint.tensors().stream().filter(tensor -> isChosen(tensor, config)).toList();
    checkPatterns(tensors, config);
    Planner planner = new Planner(config);
    List<TensorPlan> plans = new ArrayList<>(tensors.size());
    Map<String, String> scaledBy = new HashMap<>();
    for (CheckpointTensor tensor : tensors) {
      Optional<WeightScale> scale = WeightScale.of(tensor, checkpoint::tensor);
      scale.ifPresent(s -> scaledBy.put(s.tensor().name(), tensor.name()));
      Optional<TensorCalibration> calibration =
          calibrated.contains(tensor.name())
              ? Optional.of(TensorCalibration.pending(weighted))
              : Optional.empty();
      plans.add(planner.plan(plans.size(), tensor, calibration).with(scale));
    }
    plans.replaceAll(plan -> keepIfScale(plan, scaledBy));
    return plans;
  }

  private static TensorPlan keepIfScale(TensorPlan plan, Map<String, String> scaledBy) {
    String weight = scaledBy.get(plan.tensor().name());
    return weight == null
        ? plan
        : plan.with(new Treatment.Keep("scale of " + QuotedName.of(weight)));
  }

  /** Plans one tensor by itself; its number is 0. */
  public static TensorPlan of(CheckpointTensor tensor, DiffusionQuantConfig config) {
    return new Planner(config).plan(0, tensor, Optional.empty());
  }

  private static boolean isChosen(CheckpointTensor tensor, DiffusionQuantConfig config) {
    boolean included =
        config.include().isEmpty()
            || config.include().stream().anyMatch(glob -> glob.test(tensor.name()));
    return included && config.exclude().stream().noneMatch(glob -> glob.test(tensor.name()));
  }

  private static void checkPatterns(List<CheckpointTensor> tensors, DiffusionQuantConfig config) {
    config.tensorTypes().forEach(rule -> checkMatches("tensor_types", rule.text(), rule, tensors));
    config.keep().forEach(glob -> checkMatches("keep", glob, tensors));
    config.quantize().forEach(glob -> checkMatches("quantize", glob, tensors));
    config
        .layerBitWidths()
        .keySet()
        .forEach(glob -> checkMatches("layer_bit_widths", glob, tensors));
    config.sensitivities().keySet().forEach(glob -> checkMatches("sensitivities", glob, tensors));
    config.include().forEach(glob -> checkMatches("include", glob, tensors));
  }

  private static void checkMatches(String key, NameGlob glob, List<CheckpointTensor> tensors) {
    checkMatches(key, glob.pattern(), glob, tensors);
  }

  private static void checkMatches(
      String key, String pattern, Predicate<String> matches, List<CheckpointTensor> tensors) {
    if (tensors.stream().noneMatch(tensor -> matches.test(tensor.name()))) {
      throw new InvalidConfigException(
          "The pattern " + QuotedName.of(pattern) + " of " + key + " matches no tensor.");
    }
  }

  /** What a squared error of a tensor counts beside those of others. */
  public double sensitivity(TensorPlan tensor) {
    return config.sensitivities().entrySet().stream()
        .filter(entry -> entry.getKey().test(tensor.tensor().name()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(1.0);
  }

  /** The same plan with each tensor as it was treated in the end. */
  public QuantizationPlan with(List<TensorPlan> settled) {
    return new QuantizationPlan(config, modality, calibration, settled);
  }

  /** The same plan with more to say of its calibration. */
  public QuantizationPlan withNotes(List<String> more) {
    return new QuantizationPlan(config, modality, calibration.withNotes(more), tensors);
  }

  /** A tensor as it would be without calibration data for it. */
  public TensorPlan uncalibrated(TensorPlan tensor) {
    TensorPlan plain =
        new Planner(config)
            .plan(tensor.layerId(), tensor.tensor(), Optional.empty())
            .with(tensor.scale());
    return tensor.isKept() ? plain.with(tensor.treatment()) : plain;
  }

  /** Whether a byte budget may choose the tensor's width. */
  public boolean isFree(TensorPlan tensor) {
    return tensor.treatment() instanceof Treatment.Quantize q && !q.pinned();
  }

  /** Bytes that the model may have, companion files excepted, if the settings say so. */
  public OptionalDouble budgetBytes() {
    if (config.targetModelSizeMb().isPresent()) {
      return OptionalDouble.of(config.targetModelSizeMb().getAsDouble() * 1e6);
    }
    return config.targetBpw().isPresent()
        ? OptionalDouble.of(config.targetBpw().getAsDouble() * parameters() / 8)
        : OptionalDouble.empty();
  }

  /** Weights of all tensors. */
  public long parameters() {
    return tensors.stream().mapToLong(plan -> plan.tensor().elementCount()).sum();
  }

  /** Weights of the tensors that are kept. */
  public long keptParameters() {
    return tensors.stream()
        .filter(TensorPlan::isKept)
        .mapToLong(plan -> plan.tensor().elementCount())
        .sum();
  }

  /** Bytes of all tensors in the checkpoint. */
  public long sourceBytes() {
    return tensors.stream().mapToLong(plan -> plan.tensor().byteSize()).sum();
  }
}
