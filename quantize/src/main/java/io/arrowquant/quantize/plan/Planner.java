package io.arrowquant.quantize.plan;

import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.NameGlob;
import io.arrowquant.core.config.TensorType;
import io.arrowquant.core.config.TensorTypeRule;
import io.arrowquant.quantize.diffusion.TensorCalibration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Decides for one tensor. What the user says of a name wins over what the name says itself. */
final class Planner {

  /** Width of token embeddings and of lm_head, unless more is asked for. */
  private static final int TOKEN_BITS = 8;

  private static final Treatment KEPT_ALL = new Treatment.Keep("setting bit_width: none");

  private static final int FEW_ELEMENTS = 1024;
  private static final int FEW_COLUMNS = 32;

  private final DiffusionQuantConfig config;
  private final List<NameGlob> keep;
  private final List<NameGlob> quantize;
  private final List<TensorTypeRule> types;
  private final Map<NameGlob, Integer> widths;
  private final List<Pattern> sensitive;
  private final Optional<TargetTreatment> forTarget;

  Planner(DiffusionQuantConfig config) {
    this.config = config;
    this.keep = config.keep();
    this.quantize = config.quantize();
    this.types = config.tensorTypes();
    this.widths = config.layerBitWidths();
    this.sensitive = config.sensitiveLayerPatterns().stream().map(Pattern::compile).toList();
    this.forTarget = config.target().map(target -> new TargetTreatment(target, config));
  }

  /**
   * @param calibration present where there is data for the tensor
   */
  TensorPlan plan(int layerId, CheckpointTensor tensor, Optional<TensorCalibration> calibration) {
    TensorPlan kept = TensorPlan.of(layerId, tensor, new Treatment.Keep(""));
    TensorPlan known = calibration.map(kept::with).orElse(kept);
    Treatment treatment = treatment(known);
    boolean named = first(quantize, tensor.name()).isPresent();
    return known.with(
        forTarget.map(target -> target.of(known, treatment, named)).orElse(treatment));
  }

  private Treatment treatment(TensorPlan plan) {
    CheckpointTensor tensor = plan.tensor();
    String name = tensor.name();
    if (!tensor.dtype().holdsWeights()) {
      return new Treatment.Keep("dtype " + tensor.dtype());
    }
    if (tensor.elementCount() == 0) {
      return new Treatment.Keep("empty");
    }
    for (TensorTypeRule rule : types) {
      if (rule.test(name)) {
        return ruled(plan, rule);
      }
    }
    Optional<NameGlob> kept = first(keep, name);
    if (kept.isPresent()) {
      return new Treatment.Keep("setting keep: " + kept.get().pattern());
    }
    Optional<Integer> width =
        widths.entrySet().stream()
            .filter(entry -> entry.getKey().test(name))
            .map(Map.Entry::getValue)
            .findFirst();
    if (width.isPresent()) {
      return width.get() == CodeLimits.KEEP
          ? new Treatment.Keep("setting layer_bit_widths: 16")
          : plan.at(config, width.get()).pin();
    }
    if (!config.keepsAll() && first(quantize, name).isPresent()) {
      return plan.at(config, config.bitWidth());
    }
    return byItself(plan, name);
  }

  /**
   * By a rule of types. It speaks of names, and expressions are broad: what its shape keeps stays
   * kept, unless {@code quantize} names it.
   */
  private Treatment ruled(TensorPlan plan, TensorTypeRule rule) {
    TensorType type = rule.type();
    if (type.isKeep()) {
      return new Treatment.Keep("setting tensor_types: " + rule.text());
    }
    Optional<Treatment> byShape =
        first(quantize, plan.tensor().name()).isPresent() ? Optional.empty() : byShape(plan);
    return byShape.orElseGet(
        () ->
            Treatment.Quantize.of(
                    config,
                    type.bitWidth().getAsInt(),
                    type.groupSize(),
                    type.method(),
                    plan.isWeighted())
                .pin());
  }

  private static Optional<Treatment> byShape(TensorPlan plan) {
    if (plan.tensor().shape().size() < 2) {
      return Optional.of(new Treatment.Keep("rank " + plan.tensor().shape().size()));
    }
    if (plan.tensor().elementCount() <= FEW_ELEMENTS) {
      return Optional.of(new Treatment.Keep("at most 1,024 elements"));
    }
    return plan.columns() < FEW_COLUMNS
        ? Optional.of(new Treatment.Keep("fewer than 32 columns"))
        : Optional.empty();
  }

  private Treatment byItself(TensorPlan plan, String name) {
    if (config.keepsAll()) {
      return KEPT_ALL;
    }
    Optional<Treatment> byShape = byShape(plan);
    if (byShape.isPresent()) {
      return byShape.get();
    }
    for (Pattern pattern : sensitive) {
      if (pattern.matcher(name).find()) {
        return new Treatment.Keep("setting sensitive_layer_patterns: " + pattern);
      }
    }
    if (config.skipSensitiveLayers()) {
      Optional<String> reason = SensitiveNames.reason(name);
      if (reason.isPresent()) {
        return new Treatment.Keep(reason.get());
      }
      if (SensitiveNames.isTokenTable(name)) {
        return plan.at(config, Math.max(TOKEN_BITS, config.bitWidth())).pin();
      }
    }
    return plan.at(config, config.bitWidth());
  }

  private static Optional<NameGlob> first(List<NameGlob> globs, String name) {
    return globs.stream().filter(glob -> glob.test(name)).findFirst();
  }
}
