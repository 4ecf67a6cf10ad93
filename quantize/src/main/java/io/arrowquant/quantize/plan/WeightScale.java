package io.arrowquant.quantize.plan;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.arrow.memory.ArrowBuf;

/**
 * The scales that an 8-bit floating-point weight is published with: {@code weight = stored *
 * scale}, one scale for the tensor, for each row, or for each block of it.
 *
 * @param tensor holds the scales, row-major over blocks
 * @param blockRows rows that share a scale
 * @param blockColumns columns that share a scale
 * @param scalesPerRow scales in a row of blocks
 */
public record WeightScale(
    CheckpointTensor tensor, long blockRows, long blockColumns, long scalesPerRow) {

  private static final String WEIGHT = "weight";
  private static final List<String> BESIDE_WEIGHT =
      List.of("weight_scale_inv", "weight_scale", "scale_weight", "scale");
  private static final Set<DType> SCALED =
      Set.of(DType.F8_E4M3, DType.F8_E5M2, DType.F8_E4M3FNUZ, DType.F8_E5M2FNUZ);

  /** Block sides in use, most common first. */
  private static final List<Long> BLOCKS = List.of(128L, 32L);

  /**
   * The scales of a tensor, if it is of a scaled dtype and has some beside it.
   *
   * @param byName finds tensors of the same checkpoint
   * @throws InvalidHeaderException if there are some whose shape fits no rule: to guess would be to
   *     be wrong by orders of magnitude
   */
  public static Optional<WeightScale> of(
      CheckpointTensor weight, Function<String, Optional<CheckpointTensor>> byName) {
    if (!SCALED.contains(weight.dtype()) || weight.elementCount() == 0) {
      return Optional.empty();
    }
    String name = weight.name();
    boolean named = name.endsWith("." + WEIGHT) || name.equals(WEIGHT);
    List<String> names =
        named
            ? BESIDE_WEIGHT.stream()
                .map(s -> name.substring(0, name.length() - WEIGHT.length()) + s)
                .toList()
            : List.of(name + "_scale_inv", name + "_scale");
    return names.stream()
        .map(byName)
        .flatMap(Optional::stream)
        .findFirst()
        .map(scale -> of(weight, scale));
  }

  /**
   * The same for a layer of a stored model, of which no file of the source is left: {@link #tensor}
   * has none.
   *
   * @param byName finds layers of the same model
   */
  public static Optional<WeightScale> ofStored(
      LayerRecord layer, Function<String, Optional<LayerRecord>> byName) {
    return of(stored(layer), name -> byName.apply(name).map(WeightScale::stored));
  }

  private static CheckpointTensor stored(LayerRecord layer) {
    TensorInfo info =
        new TensorInfo(layer.name(), layer.dtype(), layer.shape(), 0, layer.sourceBytes());
    return new CheckpointTensor(layer.name(), info, null);
  }

  private static WeightScale of(CheckpointTensor weight, CheckpointTensor scale) {
    TensorPlan matrix = TensorPlan.of(0, weight, new Treatment.Keep(""));
    long rows = matrix.rows();
    long columns = matrix.columns();
    List<Long> shape = scale.shape();
    if (scale.dtype().holdsWeights()) {
      if (scale.elementCount() == 1) {
        return new WeightScale(scale, rows, columns, 1);
      }
      if (shape.equals(List.of(rows)) || shape.equals(List.of(rows, 1L))) {
        return new WeightScale(scale, 1, columns, 1);
      }
      if (shape.size() == 2) {
        long blockRows = block(rows, shape.get(0));
        long blockColumns = block(columns, shape.get(1));
        if (blockRows > 0 && blockColumns > 0) {
          return new WeightScale(scale, blockRows, blockColumns, shape.get(1));
        }
      }
    }
    throw new InvalidHeaderException(
        "Tensor "
            + QuotedName.of(scale.name())
            + " ("
            + scale.dtype()
            + shape
            + ") lies beside "
            + QuotedName.of(weight.name())
            + " ("
            + weight.dtype()
            + weight.shape()
            + ") but is neither one scale, nor one a row, nor one a block.");
  }

  /**
   * Multiplies float32 weights with their scales.
   *
   * @param firstRow matrix row of the first weight
   * @param firstColumn its column
   * @param rows how many rows
   * @param columns weights of each
   * @param scales all scales as float32
   * @param weights row-major from the buffer's start, changed in place
   */
  public void multiply(
      long firstRow, long firstColumn, int rows, int columns, ArrowBuf scales, ArrowBuf weights) {
    long at = 0;
    for (int r = 0; r < rows; r++) {
      long first = (firstRow + r) / blockRows * scalesPerRow;
      for (int c = 0; c < columns; c++, at += Float.BYTES) {
        long block = first + (firstColumn + c) / blockColumns;
        weights.setFloat(at, weights.getFloat(at) * scales.getFloat(block * Float.BYTES));
      }
    }
  }

  /** The side of a block when {@code length} falls into {@code count} of them; 0 if it cannot. */
  private static long block(long length, long count) {
    if (count == length) {
      return 1;
    }
    for (long side : BLOCKS) {
      if (count == (length + side - 1) / side) {
        return side;
      }
    }
    return count > 0 && length % count == 0 ? length / count : 0;
  }
}
