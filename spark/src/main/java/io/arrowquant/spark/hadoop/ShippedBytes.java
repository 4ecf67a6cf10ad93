package io.arrowquant.spark.hadoop;

import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Where a tensor's bytes are, on its way to a machine that reads no header.
 *
 * @param location of the file
 * @param fileSize bytes of the file when its header was read
 * @param dataStart where its data begins
 * @param name in the checkpoint
 * @param begin first byte of the tensor, counted from the start of the data
 * @param end byte after its last
 */
public record ShippedBytes(
    String location,
    long fileSize,
    long dataStart,
    String name,
    DType dtype,
    long[] shape,
    long begin,
    long end)
    implements Serializable {

  private static final long serialVersionUID = 1;

  public static ShippedBytes of(CheckpointTensor tensor) {
    return new ShippedBytes(
        HadoopPaths.location(tensor.file().file()),
        tensor.file().fileSize(),
        tensor.file().dataStart(),
        tensor.name(),
        tensor.dtype(),
        tensor.shape().stream().mapToLong(Long::longValue).toArray(),
        tensor.info().begin(),
        tensor.info().end());
  }

  /**
   * The tensor, on the machine that reads it.
   *
   * @param files opens locations there
   */
  public CheckpointTensor tensor(Function<String, Path> files) {
    List<Long> dimensions = Arrays.stream(shape).boxed().toList();
    TensorInfo info = new TensorInfo(name, dtype, dimensions, begin, end);
    SafeTensorsHeader header =
        new SafeTensorsHeader(files.apply(location), fileSize, dataStart, Map.of(), List.of(info));
    return new CheckpointTensor(name, info, header);
  }
}
