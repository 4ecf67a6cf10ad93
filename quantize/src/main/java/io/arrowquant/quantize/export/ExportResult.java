package io.arrowquant.quantize.export;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What was written.
 *
 * @param folder where
 * @param files in it, in the order of writing
 * @param bytes of these
 * @param layers one for each tensor of the model, in the order of names
 * @param notes what there is to tell, each a sentence
 */
public record ExportResult(
    Path folder, List<Path> files, long bytes, List<Layer> layers, List<String> notes) {

  /**
   * A tensor of the model.
   *
   * @param type what it is written as, in the format's word
   * @param exact whether it means the same numbers, in float32 arithmetic
   * @param offsetSteps how far its weights are off at most, in steps of a code, where float32
   *     rounds a group's minimum or products with codes
   * @param sqnrDb of what was quantized anew, against the model's weights
   * @param floatReason why it is written as floats where the model has codes, in a few words; empty
   *     of every other
   */
  public record Layer(
      String name,
      String type,
      boolean exact,
      double offsetSteps,
      OptionalDouble sqnrDb,
      Optional<String> floatReason) {}

  /** Layers that are not exact. */
  public List<Layer> inexact() {
    return layers.stream().filter(layer -> !layer.exact()).toList();
  }
}
