package io.arrowquant.quantize.plan;

import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Origin;
import io.arrowquant.quantize.measure.ErrorSums;
import io.arrowquant.quantize.measure.Quality;
import io.arrowquant.quantize.target.TargetRules;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a quantized tensor must reach, on its measured error, and what is tried when it does not:
 * more bits, in the end none taken away.
 */
public final class AccuracyGate {

  private final DiffusionQuantConfig config;
  private final OptionalDouble minSqnr;
  private final boolean open;

  /**
   * @param config its thresholds, its target and whether it has a budget count
   */
  public AccuracyGate(DiffusionQuantConfig config) {
    this.config = config;
    this.minSqnr = config.minSqnr();
    // Under a budget the built-in thresholds would undo what the budget chose.
    this.open =
        (config.targetModelSizeMb().isPresent() || config.targetBpw().isPresent())
            && config.origin("min_accuracy") == Origin.BUILT_IN;
  }

  /** The cosine that a tensor must reach at a width at least. */
  public double minCosine(int bitWidth) {
    return open ? 0 : config.minAccuracy(bitWidth);
  }

  /** Whether a tensor may be written as it is quantized. */
  public boolean accepts(TensorPlan tensor, ErrorSums sums) {
    return !sums.hasNonFinite() && passes((Treatment.Quantize) tensor.treatment(), sums.quality());
  }

  /** Whether the errors of a width are small enough for it. */
  public boolean passes(Treatment.Quantize tried, Quality quality) {
    return quality.cosineSimilarity() >= minCosine(tried.bitWidth())
        && (minSqnr.isEmpty() || quality.sqnrDb() >= minSqnr.getAsDouble());
  }

  /** What to try after a treatment fell short: the next width, or to keep the tensor. */
  public Treatment next(TensorPlan tensor, Treatment.Quantize failed) {
    List<Integer> ladder = config.target().map(TargetRules::widths).orElse(CodeLimits.BIT_WIDTHS);
    int step = ladder.indexOf(failed.bitWidth()) + 1;
    if (step == ladder.size()) {
      return new Treatment.Keep("fell short of the accuracy asked for at every width");
    }
    int bitWidth = ladder.get(step);
    Treatment.Quantize usual = tensor.at(config, failed.bitWidth());
    // What was asked for this tensor alone stays with it.
    boolean usualWay = failed.groupSize() == usual.groupSize() && failed.method() == usual.method();
    return usualWay && config.target().isEmpty()
        ? tensor.at(config, bitWidth)
        : new Treatment.Quantize(bitWidth, failed.groupSize(), failed.method());
  }

  /** What is asked for at a width, in words. */
  public String demand(int bitWidth) {
    return "cosine "
        + minCosine(bitWidth)
        + (minSqnr.isEmpty() ? "" : " and SQNR " + minSqnr.getAsDouble() + " dB");
  }
}
