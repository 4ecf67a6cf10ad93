package io.arrowquant.core.checkpoint;

import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import io.arrowquant.core.safetensors.TensorInfo;
import java.util.List;

/**
 * A tensor of a checkpoint and the file that holds it.
 *
 * @param name unique in the checkpoint: the header's name, with {@code component/} before it in a
 *     diffusers folder
 * @param info as the file's header has it
 * @param file the header of the file that holds the bytes
 */
public record CheckpointTensor(String name, TensorInfo info, SafeTensorsHeader file) {

  /** What its elements are. */
  public DType dtype() {
    return info.dtype();
  }

  /** Dimensions, outermost first; empty for a scalar. */
  public List<Long> shape() {
    return info.shape();
  }

  /** Position of the first byte in the file. */
  public long position() {
    return file.dataStart() + info.begin();
  }

  /** Bytes in the file. */
  public long byteSize() {
    return info.byteSize();
  }

  /** The product of the shape; 1 for a scalar. */
  public long elementCount() {
    return info.elementCount();
  }
}
