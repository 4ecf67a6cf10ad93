package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.Flattening;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.kernel.PackedStrip;
import io.arrowquant.quantize.target.TargetRules;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/** A quantized matrix as MLX holds it: packed codes, and a scale and a bias for each group. */
final class MlxTensors {

  private MlxTensors() {}

  static List<ExportTensor> of(String name, LayerExport.Packed packed, BufferAllocator memory) {
    PackedStrips strips = packed.strips();
    LayerRecord record = packed.record();
    DType dtype = numbers(packed);
    String module = TargetRules.module(name);
    int half = 1 << (strips.bits() - 1);
    return List.of(
        new ExportTensor(
            name,
            DType.U32,
            shape(record, record.columns() * strips.bits() / Integer.SIZE),
            PackedBytes.of(strips, memory)),
        new ExportTensor(
            module + ".scales",
            dtype,
            shape(record, record.columns() / strips.groupSize()),
            numbers(strips, dtype, (strip, g) -> strip.scales()[g])),
        new ExportTensor(
            module + ".biases",
            dtype,
            shape(record, record.columns() / strips.groupSize()),
            numbers(
                strips,
                dtype,
                (strip, g) ->
                    (float) GroupSurvey.minimum(strip.scales()[g], strip.zeroPoints()[g], half))));
  }

  /** The source's 16 bits where they hold all numbers, else F16 where that does, else F32. */
  static DType numbers(LayerExport.Packed packed) {
    DType own = packed.record().dtype() == DType.BF16 ? DType.BF16 : DType.F16;
    return packed.survey().groupsAre(own)
        ? own
        : packed.survey().groupsAre(DType.F16) ? DType.F16 : DType.F32;
  }

  /** Matrices one above the other stay apart; convolutions are matrices. */
  private static List<Long> shape(LayerRecord record, long last) {
    if (record.flattening() != Flattening.STACKED) {
      return List.of(record.rows(), last);
    }
    List<Long> shape = new ArrayList<>(record.shape());
    shape.set(shape.size() - 1, last);
    return shape;
  }

  /** A number of each group. */
  @FunctionalInterface
  interface GroupNumber {
    float of(PackedStrip strip, int group);
  }

  /** One number for each group, in the order of the groups. */
  static Content numbers(PackedStrips strips, DType dtype, GroupNumber number) {
    return sink -> {
      NumberWriter out = new NumberWriter(sink);
      strips.forEach(
          strip -> {
            int end = strip.firstGroup() + strip.groups();
            for (int g = strip.firstGroup(); g < end; g++) {
              out.put(dtype, number.of(strip, g));
            }
          });
      out.flush();
    };
  }
}
