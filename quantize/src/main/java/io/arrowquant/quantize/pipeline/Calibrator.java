package io.arrowquant.quantize.pipeline;

import io.arrowquant.arrow.parquet.LayerRecord.TimeAware;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.quantize.calibration.Calibration;
import io.arrowquant.quantize.calibration.ChannelImportance;
import io.arrowquant.quantize.calibration.LayerStatistics;
import io.arrowquant.quantize.diffusion.ActivationMoments;
import io.arrowquant.quantize.diffusion.Equalization;
import io.arrowquant.quantize.diffusion.Strategy;
import io.arrowquant.quantize.diffusion.TensorCalibration;
import io.arrowquant.quantize.diffusion.TimeGroups;
import io.arrowquant.quantize.fit.ColumnImportance;
import io.arrowquant.quantize.kernel.Widen;
import io.arrowquant.quantize.plan.CalibrationPlan;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.TensorPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Edits a plan by calibration data and weights, which the importance of channels depends on: every
 * calibrated tensor is read once, and rows of it are tried where channels may be equalized.
 */
final class Calibrator {

  private final TensorBytes bytes;
  private final BufferAllocator memory;
  private final int threads;
  private final Calibration calibration;

  Calibrator(TensorBytes bytes, BufferAllocator memory, int threads, Calibration calibration) {
    this.bytes = bytes;
    this.memory = memory;
    this.threads = threads;
    this.calibration = calibration;
  }

  /** What was decided for a tensor; empty where its data counted nothing. */
  private record Decision(TensorPlan tensor, Optional<TensorCalibration> found) {}

  /**
   * The plan with a decision for each tensor that there is data for.
   *
   * @throws InvalidCalibrationException if numbers are what no activations have, or nothing was
   *     counted at all
   */
  QuantizationPlan apply(QuantizationPlan plan) {
    List<TensorPlan> calibrated =
        plan.tensors().stream().filter(tensor -> tensor.calibration().isPresent()).toList();
    if (calibrated.isEmpty()) {
      return plan;
    }
    List<TensorPlan> settled = new ArrayList<>(plan.tensors());
    List<String> empty = new ArrayList<>();
    List<String> rangeless = new ArrayList<>();
    new OrderedWork<Decision>(calibrated.size(), 2 * threads + 1)
        .run(
            threads,
            () -> {
              SourceReader reader = new SourceReader(bytes, memory);
              Widen widen = new Widen();
              AlphaSearch search = new AlphaSearch(reader, memory);
              return i -> decide(plan, calibrated.get(i), reader, widen, search);
            },
            decision -> {
              TensorPlan tensor = decision.tensor();
              settled.set(tensor.layerId(), settle(plan, decision));
              if (decision.found().isEmpty()) {
                empty.add(tensor.tensor().name());
              } else if (isRangeless(decision.found().get().timeAware())) {
                rangeless.add(tensor.tensor().name());
              }
            });
    if (empty.size() == calibrated.size()) {
      throw new InvalidCalibrationException(
          "The calibration data in "
              + QuotedName.of(calibration.source().orElseThrow().file())
              + " counts no activations at all; expected some, for one tensor at least.");
    }
    return plan.with(settled).withNotes(notes(empty, rangeless));
  }

  private static boolean isRangeless(TimeAware timeAware) {
    return timeAware != null && timeAware.numTimeGroups() == 0;
  }

  private static List<String> notes(List<String> empty, List<String> rangeless) {
    List<String> notes = new ArrayList<>();
    if (!empty.isEmpty()) {
      notes.add(
          "The calibration data counts no activations of "
              + CalibrationPlan.listed(empty)
              + ", which is quantized without.");
    }
    if (!rangeless.isEmpty()) {
      notes.add(
          "The calibration data has no amax of "
              + CalibrationPlan.listed(rangeless)
              + ": no ranges of activations are stored there.");
    }
    return notes;
  }

  /** Without data a tensor is what it would be in a model without. */
  private static TensorPlan settle(QuantizationPlan plan, Decision decision) {
    return decision.found().isPresent()
        ? decision.tensor().with(decision.found().get())
        : plan.uncalibrated(decision.tensor());
  }

  private Decision decide(
      QuantizationPlan plan,
      TensorPlan tensor,
      SourceReader reader,
      Widen widen,
      AlphaSearch search) {
    Strategy strategy = plan.calibration().strategy();
    Optional<LayerStatistics> found = calibration.statistics(tensor.tensor().name());
    if (found.isEmpty()) {
      return new Decision(tensor, Optional.empty());
    }
    LayerStatistics statistics = found.get();
    ColumnImportance importance = null;
    float[] scales = null;
    if (!tensor.isKept()) {
      ColumnEnergies energies = ColumnEnergies.of(tensor, reader, widen);
      // One that holds NaN or infinities will be kept.
      if (energies.isFinite()) {
        float[] columns = ChannelImportance.of(statistics, energies.squares());
        if (strategy.spatial()) {
          scales = search.scales(tensor, columns, strategy.timeAware(), energies.greatest());
        }
        if (strategy.timeAware()) {
          importance =
              ColumnImportance.of(
                  scales == null ? columns : Equalization.scaledImportance(columns, scales));
        }
      }
    }
    return new Decision(
        tensor,
        Optional.of(
            new TensorCalibration(
                strategy.timeAware(),
                importance,
                scales,
                strategy.timeAware()
                    ? TimeGroups.of(statistics, plan.config().numTimeGroups())
                    : null,
                ActivationMoments.of(statistics))));
  }
}
