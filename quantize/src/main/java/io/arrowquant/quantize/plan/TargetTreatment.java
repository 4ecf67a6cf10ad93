package io.arrowquant.quantize.plan;

import io.arrowquant.arrow.parquet.Flattening;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.target.TargetRules;
import java.util.OptionalInt;

/** Makes of a treatment one that a runtime can load: another group size, or the tensor is kept. */
final class TargetTreatment {

  private final Target target;
  private final int saidGroupSize;

  /**
   * @throws InvalidConfigException if the target holds no such width or group size, or a size is
   *     asked for too
   */
  TargetTreatment(Target target, DiffusionQuantConfig config) {
    this.target = target;
    boolean said = config.origin("group_size").isSaid();
    saidGroupSize = said ? config.groupSize() : 0;
    if (config.targetModelSizeMb().isPresent() || config.targetBpw().isPresent()) {
      throw new InvalidConfigException(
          "A model is made for a size or for the target " + target.word() + ", not for both.");
    }
    if (!config.keepsAll() && !TargetRules.widths(target).contains(config.bitWidth())) {
      throw new InvalidConfigException(
          "The target %s holds widths of %s bits; asked for is %d."
              .formatted(target.word(), TargetRules.widths(target), config.bitWidth()));
    }
    if (said && TargetRules.groupSize(target.format(), saidGroupSize, saidGroupSize).isEmpty()) {
      throw new InvalidConfigException(
          "The target %s holds groups of %s columns; asked for is %d."
              .formatted(
                  target.word(), TargetRules.groupSizes(target.format()), config.groupSize()));
    }
  }

  /**
   * What becomes of the tensor.
   *
   * @param named whether the user names the tensor to be quantized, whatever its shape
   */
  Treatment of(TensorPlan plan, Treatment treatment, boolean named) {
    if (!(treatment instanceof Treatment.Quantize asked)) {
      return treatment;
    }
    String name = plan.tensor().name();
    if (asked.method() == Method.RATE) {
      throw new InvalidConfigException(
          "The target %s holds codes in place, and the method rate compresses them; take fast or best."
              .formatted(target.word()));
    }
    if (!TargetRules.widths(target).contains(asked.bitWidth())) {
      return keep("holds no " + asked.bitWidth() + " bits");
    }
    if (plan.flattening() == Flattening.CONVOLUTION && !named) {
      return keep("takes no quantized convolutions");
    }
    if (target.format() == Target.Format.COMPRESSED_TENSORS
        && !named
        && (plan.flattening() == Flattening.STACKED || SensitiveNames.isTokenTable(name))) {
      return keep("quantizes linear layers alone");
    }
    if (TargetRules.nameRefusal(target.format(), name).isPresent()) {
      return keep(
          target.format() == Target.Format.GGUF
              ? "takes no names as long as this"
              : "quantizes only names that end in .weight");
    }
    OptionalInt groupSize = TargetRules.groupSize(target.format(), saidGroupSize, plan.columns());
    if (groupSize.isEmpty()) {
      groupSize = TargetRules.groupSize(target.format(), 0, plan.columns());
    }
    if (groupSize.isEmpty()) {
      return keep("has no group size that divides " + plan.columns() + " columns");
    }
    return new Treatment.Quantize(
        asked.bitWidth(), groupSize.getAsInt(), asked.method(), asked.pinned());
  }

  private Treatment keep(String why) {
    return new Treatment.Keep("target " + target.word() + " " + why);
  }
}
