package io.arrowquant.quantize.calibration;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An empty calibration file: for each layer {@code mean_sq}, {@code amax} and {@code mean} of shape
 * {@code [T, in]} and the counts {@code n[T]}, all zero, and the timesteps {@code t[T]}, filled.
 *
 * @param steps T
 * @param timesteps of the model; step k of the file stands for those from {@code k timesteps / T}
 *     on
 */
public record CalibrationTemplate(int steps, int timesteps) {

  private static final int CHUNK = 1 << 16;

  public CalibrationTemplate {
    if (steps < 1 || steps > LayerStatistics.MOST_STEPS || timesteps < steps) {
      throw new IllegalArgumentException(
          steps
              + " steps of "
              + timesteps
              + " timesteps; expected 1 to 1000, and no more than them");
    }
  }

  /**
   * Writes the file.
   *
   * @param tensors weights of the layers to watch
   * @return how many layers it has
   * @throws io.arrowquant.core.OutputExistsException if the file exists
   * @throws io.arrowquant.core.StorageException if it cannot be written
   */
  public int write(Path file, List<CheckpointTensor> tensors) {
    List<Entry> entries = new ArrayList<>();
    List<CheckpointTensor> layers = tensors.stream().filter(LayerNames::isMatrix).toList();
    for (CheckpointTensor tensor : layers) {
      String layer = LayerNames.layerOf(tensor.name());
      List<Long> shape = List.of((long) steps, (long) LayerNames.channels(tensor));
      for (String part : List.of(".mean_sq", ".amax", ".mean")) {
        entries.add(new Entry(layer + part, DType.F32, shape));
      }
      entries.add(new Entry(layer + ".t", DType.I32, shape.subList(0, 1)));
      entries.add(new Entry(layer + ".n", DType.F64, shape.subList(0, 1)));
    }
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        TensorInfo tensor = writer.current().get();
        if (tensor.dtype() == DType.I32) {
          writer.write(timestepsOfSteps());
        } else {
          zeros(writer, tensor.byteSize());
        }
      }
    }
    return layers.size();
  }

  private ByteBuffer timestepsOfSteps() {
    ByteBuffer bytes = ByteBuffer.allocate(4 * steps).order(ByteOrder.LITTLE_ENDIAN);
    for (int k = 0; k < steps; k++) {
      bytes.putInt((int) ((long) k * timesteps / steps));
    }
    return bytes.flip();
  }

  private static void zeros(SafeTensorsWriter writer, long bytes) {
    for (long left = bytes; left > 0; left -= CHUNK) {
      writer.write(ByteBuffer.allocate((int) Math.min(CHUNK, left)));
    }
  }
}
