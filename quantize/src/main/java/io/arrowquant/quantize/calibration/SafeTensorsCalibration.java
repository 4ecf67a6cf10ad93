package io.arrowquant.quantize.calibration;

import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.arrow.tensor.TensorBytes;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.HeaderParser;
import io.arrowquant.core.safetensors.SafeTensorsHeader;
import io.arrowquant.core.safetensors.TensorInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.util.AutoCloseables;

/**
 * Statistics in a SafeTensors file: per layer {@code mean_sq[T, in]}, and optional {@code amax[T,
 * in]}, {@code mean[T, in]}, {@code t[T]} and {@code n[T]}, each named {@code layer.what}. A layer
 * is read when it is asked for.
 */
final class SafeTensorsCalibration implements Calibration {

  private static final List<String> PARTS = List.of("mean_sq", "amax", "mean", "t", "n");

  /** A layer's tensors of the file, and the shape of its mean squares, checked. */
  private record Layer(String name, Map<String, CheckpointTensor> parts, int steps, int channels) {}

  private final CalibrationSource source;
  private final Map<String, Layer> byTensor = new LinkedHashMap<>();
  private final List<String> unknown = new ArrayList<>();
  private final BufferAllocator mappings = new RootAllocator();
  private final BufferAllocator memory;
  private final TensorBytes bytes;

  private SafeTensorsCalibration(CalibrationSource source, long memoryLimit) {
    this.source = source;
    this.memory = new RootAllocator(memoryLimit);
    this.bytes = new TensorBytes(IoMode.AUTO, mappings, memory);
  }

  static SafeTensorsCalibration open(CalibrationSource source, LayerNames names, long memoryLimit) {
    SafeTensorsHeader header = HeaderParser.read(source.file());
    Map<String, Map<String, CheckpointTensor>> layers = new TreeMap<>();
    for (TensorInfo info : header.tensors()) {
      int dot = info.name().lastIndexOf('.');
      String part = info.name().substring(dot + 1);
      if (dot <= 0 || !PARTS.contains(part)) {
        throw new InvalidCalibrationException(
            QuotedName.of(source.file())
                + " has a tensor "
                + QuotedName.of(info.name())
                + "; expected a layer's name followed by one of ."
                + String.join(", .", PARTS)
                + ".");
      }
      layers
          .computeIfAbsent(info.name().substring(0, dot), name -> new HashMap<>())
          .put(part, new CheckpointTensor(info.name(), info, header));
    }
    SafeTensorsCalibration calibration = new SafeTensorsCalibration(source, memoryLimit);
    try {
      layers.forEach((name, parts) -> calibration.add(name, parts, names));
      return calibration;
    } catch (RuntimeException | Error e) {
      calibration.close();
      throw e;
    }
  }

  private void add(String name, Map<String, CheckpointTensor> parts, LayerNames names) {
    Optional<CheckpointTensor> tensor = names.tensor(name);
    if (tensor.isEmpty()) {
      unknown.add(name);
      return;
    }
    CheckpointTensor meanSquares = parts.get("mean_sq");
    if (meanSquares == null) {
      throw new InvalidCalibrationException(where(name) + " has no mean_sq; expected one.");
    }
    List<Long> shape = meanSquares.shape();
    List<Long> allowed = LayerNames.allowedChannels(tensor.get());
    if (shape.size() != 2
        || shape.get(0) > LayerStatistics.MOST_STEPS
        || !allowed.contains(shape.get(1))) {
      throw new InvalidCalibrationException(
          where(name)
              + " has mean_sq of shape "
              + shape
              + "; expected [T, "
              + allowed.get(0)
              + "] with at most "
              + LayerStatistics.MOST_STEPS
              + " timesteps T, as "
              + QuotedName.of(tensor.get().name())
              + " is "
              + tensor.get().shape()
              + ".");
    }
    parts.forEach((part, found) -> checkShape(name, part, found, shape));
    Layer layer = new Layer(name, parts, shape.get(0).intValue(), shape.get(1).intValue());
    if (byTensor.put(tensor.get().name(), layer) != null) {
      throw new InvalidCalibrationException(
          where(name)
              + " means the tensor "
              + QuotedName.of(tensor.get().name())
              + ", which another layer of the file means too.");
    }
  }

  private void checkShape(String layer, String part, CheckpointTensor found, List<Long> shape) {
    boolean perStep = part.equals("t") || part.equals("n");
    List<Long> expected = perStep ? shape.subList(0, 1) : shape;
    boolean number = perStep || found.dtype().kind() == DType.Kind.FLOAT;
    if (!found.shape().equals(expected) || !number || !Widening.supports(found.dtype())) {
      throw new InvalidCalibrationException(
          where(layer)
              + " has "
              + part
              + " of "
              + found.dtype()
              + found.shape()
              + "; expected "
              + (perStep ? "numbers" : "floating-point numbers")
              + " of shape "
              + expected
              + ".");
    }
  }

  private String where(String layer) {
    return "Layer " + QuotedName.of(layer) + " of " + QuotedName.of(source.file());
  }

  @Override
  public Optional<CalibrationSource> source() {
    return Optional.of(source);
  }

  @Override
  public Set<String> tensors() {
    return byTensor.keySet();
  }

  @Override
  public Optional<LayerStatistics> statistics(String tensor) {
    Layer layer = byTensor.get(tensor);
    float[] greatest = read(layer, "amax");
    float[] least = null;
    if (greatest != null) {
      new StatisticsCheck(where(layer.name()), layer.channels()).values("amax", greatest, true);
      least = LayerSums.negated(greatest);
    }
    return LayerStatistics.of(
        where(layer.name()),
        layer.channels(),
        timesteps(layer),
        counts(layer),
        read(layer, "mean_sq"),
        read(layer, "mean"),
        least,
        greatest);
  }

  private int[] timesteps(Layer layer) {
    float[] given = read(layer, "t");
    int[] timesteps = new int[layer.steps()];
    for (int i = 0; i < timesteps.length; i++) {
      timesteps[i] = given == null ? i : (int) given[i];
      if (given != null && timesteps[i] != given[i]) {
        throw new InvalidCalibrationException(
            where(layer.name()) + " has the timestep " + given[i] + "; expected an integer.");
      }
    }
    return timesteps;
  }

  private double[] counts(Layer layer) {
    float[] given = read(layer, "n");
    double[] counts = new double[layer.steps()];
    Arrays.fill(counts, 1);
    for (int i = 0; given != null && i < counts.length; i++) {
      counts[i] = given[i];
    }
    return counts;
  }

  /** A part as float32, or null where the file has none; its size was checked with the header. */
  private float[] read(Layer layer, String part) {
    CheckpointTensor tensor = layer.parts().get(part);
    if (tensor == null) {
      return null;
    }
    int count = Math.toIntExact(tensor.elementCount());
    float[] values = new float[count];
    try (ArrowBuf raw = bytes.read(tensor, 0, tensor.byteSize());
        ArrowBuf wide = memory.buffer(4L * count)) {
      Widening.widen(tensor.dtype(), raw, wide, 0, count);
      for (int i = 0; i < count; i++) {
        values[i] = wide.getFloat(4L * i);
      }
    }
    return values;
  }

  @Override
  public List<String> unknownLayers() {
    return List.copyOf(unknown);
  }

  @Override
  public List<String> notes() {
    return List.of();
  }

  @Override
  public void close() {
    AutoCloseables.closeNoChecked(() -> AutoCloseables.close(bytes, memory, mappings));
  }
}
