package io.arrowquant.quantize.diff;

import java.nio.file.Path;
import java.util.List;

/**
 * What two models differ in.
 *
 * @param tensors every tensor of either, in the order of their names
 */
public record ModelDifference(Path before, Path after, List<TensorDifference> tensors) {

  public ModelDifference {
    tensors = List.copyOf(tensors);
  }

  /** Whether all tensors are there on both sides, bit for bit. */
  public boolean isSame() {
    return count(TensorDifference.Change.SAME) == tensors.size();
  }

  /** How many tensors became that. */
  public long count(TensorDifference.Change change) {
    return tensors.stream().filter(tensor -> tensor.change() == change).count();
  }
}
