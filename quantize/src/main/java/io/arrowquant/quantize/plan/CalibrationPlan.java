package io.arrowquant.quantize.plan;

import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Origin;
import io.arrowquant.quantize.calibration.Calibration;
import io.arrowquant.quantize.calibration.CalibrationSource;
import io.arrowquant.quantize.calibration.CalibrationSource.Content;
import io.arrowquant.quantize.diffusion.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What calibration data does for a model, and what it does not.
 *
 * @param strategy what is done where there is data for a tensor
 * @param source where the data is; empty where there is none
 * @param notes what the user should hear of it, each a sentence
 */
public record CalibrationPlan(
    Strategy strategy, Optional<CalibrationSource> source, List<String> notes) {

  /** Names listed before the rest is only counted. */
  private static final int LISTED = 5;

  /** No strategy, and nothing to say of that. */
  public static final CalibrationPlan NONE =
      new CalibrationPlan(
          Strategy.none("plain groups were asked for"), Optional.empty(), List.of());

  public CalibrationPlan {
    notes = List.copyOf(notes);
  }

  /**
   * @throws InvalidCalibrationException if there is data, but for no tensor of the model
   */
  static CalibrationPlan of(
      DiffusionQuantConfig config, Strategy strategy, Calibration calibration) {
    List<String> notes = new ArrayList<>();
    calibration.source().ifPresent(source -> checkKnown(source, calibration, notes));
    if (calibration.source().isEmpty()) {
      notes.add(
          "Neither time-aware nor spatial quantization was done: there is no calibration data.");
    }
    notes.addAll(calibration.notes());
    if (!calibration.unknownLayers().isEmpty()) {
      notes.add(
          counted(calibration.unknownLayers(), "layer", "layers")
              + " of the calibration data, not in the model: "
              + listed(calibration.unknownLayers())
              + ".");
    }
    idle(config, strategy, calibration, notes);
    return new CalibrationPlan(strategy, calibration.source(), notes);
  }

  private static void checkKnown(
      CalibrationSource source, Calibration calibration, List<String> notes) {
    String file = QuotedName.of(source.file());
    if (calibration.tensors().isEmpty()) {
      throw new InvalidCalibrationException(
          "The calibration data in "
              + file
              + " speaks of no tensor of the model"
              + (calibration.unknownLayers().isEmpty()
                  ? ""
                  : " but of " + listed(calibration.unknownLayers()))
              + "; --calibration none goes without.");
    }
    if (source.beside()) {
      notes.add("Calibration data was found beside the model and is used: " + file + ".");
    }
  }

  /** Settings that were said and have no effect. */
  private static void idle(
      DiffusionQuantConfig config, Strategy strategy, Calibration calibration, List<String> notes) {
    if (config.origin("num_time_groups").isSaid() && !strategy.timeAware()) {
      notes.add("The setting num_time_groups had no effect: nothing is time-aware.");
    }
    boolean samples =
        calibration.source().filter(source -> source.content() == Content.SAMPLES).isPresent();
    if (config.origin("calibration_samples").isSaid() && !samples) {
      notes.add("The setting calibration_samples had no effect: it counts raw samples.");
    }
    if (strategy.timeAware()
        && config.method() != Method.BEST
        && config.origin("method") != Origin.BUILT_IN) {
      notes.add(
          "The method %s takes weights as they are: calibration chose no codes, only ranges of"
                  .formatted(config.method().word())
              + " activations are stored.");
    }
  }

  /** The same with more to say. */
  CalibrationPlan withNotes(List<String> more) {
    List<String> all = new ArrayList<>(notes);
    all.addAll(more);
    return new CalibrationPlan(strategy, source, all);
  }

  /** The same, naming the tensors that are quantized without. */
  CalibrationPlan with(List<TensorPlan> tensors) {
    List<String> missing =
        tensors.stream()
            .filter(tensor -> !tensor.isKept() && tensor.calibration().isEmpty())
            .map(tensor -> tensor.tensor().name())
            .toList();
    if (source.isEmpty() || missing.isEmpty()) {
      return this;
    }
    return withNotes(
        List.of(
            counted(missing, "quantized tensor has", "quantized tensors have")
                + " no calibration data: "
                + listed(missing)
                + "."));
  }

  private static String counted(List<String> names, String one, String many) {
    return names.size() + " " + (names.size() == 1 ? one : many);
  }

  /** Some names, and how many more there are. */
  public static String listed(List<String> names) {
    String some =
        names.stream().limit(LISTED).map(QuotedName::of).collect(Collectors.joining(", "));
    return names.size() <= LISTED ? some : some + " and " + (names.size() - LISTED) + " more";
  }
}
