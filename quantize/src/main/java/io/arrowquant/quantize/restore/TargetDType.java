package io.arrowquant.quantize.restore;

import io.arrowquant.core.safetensors.DType;
import java.util.Optional;

/** The dtype that quantized weights are restored to; kept tensors have their own. */
public enum TargetDType {
  /** Each tensor's own, as in the checkpoint that the model was made from. */
  SOURCE(null),
  F32(DType.F32),
  F16(DType.F16),
  BF16(DType.BF16);

  private final DType dtype;

  TargetDType(DType dtype) {
    this.dtype = dtype;
  }

  /** The one dtype; none for {@link #SOURCE}. */
  public Optional<DType> dtype() {
    return Optional.ofNullable(dtype);
  }
}
