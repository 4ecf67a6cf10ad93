package io.arrowquant.arrow.parquet;

import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.safetensors.DType;
import java.util.List;

/**
 * One row of {@code layers.parquet}: what a tensor is, how it was quantized, how good that is.
 *
 * @param layerId joins {@code weights}; tensors are numbered in the order of their names
 * @param name the tensor's name
 * @param sourceFile name of the checkpoint file it came from
 * @param shape as in the source
 * @param rows rows of the matrix that it was stored as
 * @param columns columns of that matrix
 * @param dtype the source's
 * @param flattening how the shape became a matrix
 * @param quantization null for a kept tensor
 * @param scaleTensor the tensor whose scales the stored source values were multiplied with; null
 *     where there is none
 * @param keptReason why the tensor was kept; null where it was quantized
 * @param attempts widths tried before the one that was taken, and how good they were
 * @param quality measured on the stored weights; null for a kept tensor, which is exact
 * @param statistics of the source; null where its dtype has no real numbers
 * @param sourceBytes bytes in the source
 * @param storedBytes bytes in the weights files
 * @param sourceCrc32c CRC-32C of the source's bytes
 * @param diffusionModel whether the model was treated as a diffusion model
 * @param modality the model's
 * @param timeAware null unless calibrated
 * @param spatial null unless calibrated
 * @param activations null unless calibrated
 */
public record LayerRecord(
    int layerId,
    String name,
    String sourceFile,
    List<Long> shape,
    long rows,
    long columns,
    DType dtype,
    Flattening flattening,
    Quantization quantization,
    String scaleTensor,
    String keptReason,
    List<Attempt> attempts,
    Quality quality,
    Statistics statistics,
    long sourceBytes,
    long storedBytes,
    int sourceCrc32c,
    boolean diffusionModel,
    Modality modality,
    TimeAware timeAware,
    Spatial spatial,
    ActivationStats activations) {

  public LayerRecord {
    shape = List.copyOf(shape);
    attempts = List.copyOf(attempts);
  }

  /**
   * @param bitWidth bits asked for a weight: 2, 3, 4, 5, 6 or 8
   * @param codeWidth bits of a stored code: as many, or 8 where codes are compressed to the others
   * @param groupSize columns that share a scale
   * @param method name of the fit
   */
  public record Quantization(int bitWidth, int codeWidth, int groupSize, String method) {

    /** As many bits a code as were asked for. */
    public Quantization(int bitWidth, int groupSize, String method) {
      this(bitWidth, bitWidth, groupSize, method);
    }

    /**
     * As {@link LayerRecord#quantType} has put it down.
     *
     * @param type {@code rate} and the bits asked for; any other says no more than the codes' width
     */
    static Quantization of(String type, int codeWidth, int groupSize, String method) {
      String asked = type.startsWith(COMPRESSED) ? type.substring(COMPRESSED.length()) : "";
      int bitWidth = asked.length() == 1 ? asked.charAt(0) - '0' : codeWidth;
      return new Quantization(bitWidth, codeWidth, groupSize, method);
    }

    /** Whether there can be such codes. */
    public boolean isPossible() {
      return CodeLimits.BIT_WIDTHS.contains(bitWidth)
          && (codeWidth == bitWidth || codeWidth == 8)
          && groupSize >= 1
          && groupSize <= CodeLimits.MOST_GROUP;
    }

    private String type() {
      return (codeWidth == bitWidth ? "int" : COMPRESSED) + bitWidth;
    }
  }

  private static final String COMPRESSED = "rate";

  /** A width that was tried. */
  public record Attempt(int bitWidth, double sqnrDb, double cosineSimilarity) {}

  /** Distance of the stored weights from the source, in float64. */
  public record Quality(
      double cosineSimilarity,
      double sqnrDb,
      double worstGroupSqnrDb,
      double rmse,
      double maxAbsError) {}

  /** The source's values; min, max, mean and std leave NaN and infinities out. */
  public record Statistics(
      double min, double max, double mean, double std, long nanCount, long infCount) {}

  /**
   * Activation parameters of each group of timesteps.
   *
   * @param numTimeGroups how many there are; 0 where calibration told no ranges
   * @param groups in the order of their timesteps
   */
  public record TimeAware(int numTimeGroups, List<TimeGroup> groups) {}

  /**
   * Timesteps {@code [timeStart, timeEnd]} and the activations seen there: 8 bits hold them as
   * {@code (code - actZeroPoint) * actScale}, codes from -128 to 127.
   */
  public record TimeGroup(
      int timeStart, int timeEnd, float actMin, float actMax, float actScale, float actZeroPoint) {}

  /**
   * Equalisation of input channels; decoding divides by the scales.
   *
   * @param channelEqualization whether weights were multiplied with the scales
   * @param activationSmoothing whether the scales even out the activations too, for a runtime that
   *     divides those instead of the weights
   * @param equalizationScales one for each column of the matrix
   */
  public record Spatial(
      boolean channelEqualization, boolean activationSmoothing, List<Float> equalizationScales) {

    public Spatial {
      equalizationScales = List.copyOf(equalizationScales);
    }

    /** The scales in an array of the caller's. */
    public float[] scales() {
      float[] scales = new float[equalizationScales.size()];
      for (int c = 0; c < scales.length; c++) {
        scales[c] = equalizationScales.get(c);
      }
      return scales;
    }
  }

  /** Per input channel. */
  public record ActivationStats(
      List<Float> mean, List<Float> std, List<Float> min, List<Float> max) {}

  /** The product of the shape; 1 for a scalar. */
  public long parameters() {
    long count = 1;
    for (long dimension : shape) {
      count *= dimension;
    }
    return count;
  }

  /**
   * The component of a diffusers model that the tensor belongs to: the first folder of its file,
   * where its name begins with that. The empty string for none.
   */
  public String component() {
    String file = sourceFile.replace('\\', '/');
    String folder = file.substring(0, Math.max(0, file.indexOf('/')));
    boolean named = !folder.isEmpty() && !folder.equals("..") && name.startsWith(folder + "/");
    return named ? folder : "";
  }

  /** The tensor's name in the files of its component. */
  public String nameInComponent() {
    String component = component();
    return component.isEmpty() ? name : name.substring(component.length() + 1);
  }

  /** {@code int2} to {@code int8}, {@code rate2} to {@code rate6}, or {@code none}. */
  public String quantType() {
    return quantization == null ? "none" : quantization.type();
  }

  /** As stored, scales and zero points included; 0 for an empty tensor. */
  public double bitsPerWeight() {
    return parameters() == 0 ? 0 : storedBytes * 8.0 / parameters();
  }
}
