package io.arrowquant.quantize;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/**
 * A model decoded from its files and compared with its source.
 *
 * @param model the folder
 * @param minAccuracy cosine that each quantized tensor must reach
 * @param layers one per tensor, in the order of their names
 * @param leftOut tensors of the source that the model has not, in the order of their names
 * @param compressionRatio source bytes / stored bytes
 * @param modelSizeMb stored bytes / 10^6
 */
public record ValidationReport(
    Path model,
    double minAccuracy,
    List<Layer> layers,
    List<String> leftOut,
    double compressionRatio,
    double modelSizeMb) {

  /**
   * One tensor, measured anew in float64.
   *
   * @param name the tensor's
   * @param quantType {@code int2} to {@code int8}, or {@code none}
   * @param parameters in it
   * @param cosineSimilarity of the decoded and the source weights
   * @param sqnrDb of them; infinite where nothing was lost
   * @param min least decoded finite value
   * @param max greatest decoded finite value
   * @param mean of the decoded finite values
   * @param std of the decoded finite values
   * @param problem what is wrong, or null: a kept tensor that differs from its source, a stored
   *     figure that differs from the one found here, a cosine below the threshold
   */
  public record Layer(
      String name,
      String quantType,
      long parameters,
      double cosineSimilarity,
      double sqnrDb,
      double min,
      double max,
      double mean,
      double std,
      String problem) {

    /** Whether nothing is wrong with the layer. */
    public boolean passed() {
      return problem == null;
    }
  }

  /** Whether nothing is wrong with any layer. */
  public boolean passed() {
    return layers.stream().allMatch(Layer::passed);
  }

  /** Quantized tensors with the least cosine, worst first. */
  public List<Layer> worst(int count) {
    return layers.stream()
        .filter(layer -> !layer.quantType().equals("none"))
        .sorted(Comparator.comparingDouble(Layer::cosineSimilarity))
        .limit(count)
        .toList();
  }

  /** Mean cosine of the quantized tensors, weighted by parameters; 1 where there is none. */
  public double cosineSimilarity() {
    double sum = 0;
    long parameters = 0;
    for (Layer layer : layers) {
      if (!layer.quantType().equals("none")) {
        sum += layer.cosineSimilarity() * layer.parameters();
        parameters += layer.parameters();
      }
    }
    return parameters == 0 ? 1 : sum / parameters;
  }
}
