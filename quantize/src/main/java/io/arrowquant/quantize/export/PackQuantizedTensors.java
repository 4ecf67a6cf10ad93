package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;

/** A quantized matrix as compressed-tensors holds it in its format pack-quantized. */
final class PackQuantizedTensors {

  private PackQuantizedTensors() {}

  static List<ExportTensor> of(String name, LayerExport.Packed packed, BufferAllocator memory) {
    PackedStrips strips = packed.strips();
    LayerRecord record = packed.record();
    int perInt = Integer.SIZE / strips.bits();
    long groups = record.columns() / strips.groupSize();
    List<ExportTensor> tensors = new ArrayList<>();
    tensors.add(
        new ExportTensor(
            name + "_packed",
            DType.I32,
            List.of(record.rows(), record.columns() / perInt),
            PackedBytes.of(strips, memory)));
    DType dtype = scales(packed);
    tensors.add(
        new ExportTensor(
            name + "_scale",
            dtype,
            List.of(record.rows(), groups),
            MlxTensors.numbers(strips, dtype, (strip, g) -> strip.scales()[g])));
    tensors.add(
        new ExportTensor(
            name + "_shape",
            DType.I64,
            List.of(2L),
            sink -> {
              NumberWriter out = new NumberWriter(sink);
              out.putLong(record.rows());
              out.putLong(record.columns());
              out.flush();
            }));
    if (!packed.survey().isSymmetric()) {
      long ints = (record.rows() + perInt - 1) / perInt;
      tensors.add(
          new ExportTensor(
              name + "_zero_point",
              DType.I32,
              List.of(ints, groups),
              sink -> zeroPoints(strips, Math.toIntExact(groups), sink)));
    }
    return tensors;
  }

  static DType scales(LayerExport.Packed packed) {
    DType own = packed.record().dtype() == DType.BF16 ? DType.BF16 : DType.F16;
    DType other = own == DType.F16 ? DType.BF16 : DType.F16;
    return packed.survey().scalesAre(own) ? own : other;
  }

  /** Zero points of the rows that share an integer lie in it, the first row's lowest. */
  private static void zeroPoints(PackedStrips strips, int groups, Consumer<ByteBuffer> sink) {
    int perInt = Integer.SIZE / strips.bits();
    int half = 1 << (strips.bits() - 1);
    NumberWriter out = new NumberWriter(sink);
    int[] ints = new int[groups];
    long[] position = {0};
    strips.forEach(
        strip -> {
          int end = strip.firstGroup() + strip.groups();
          for (int g = strip.firstGroup(); g < end; g++) {
            long row = position[0] / groups;
            int column = (int) (position[0]++ % groups);
            if (column == 0 && row > 0 && row % perInt == 0) {
              put(ints, out);
            }
            int unsigned = (int) strip.zeroPoints()[g] + half;
            ints[column] |= unsigned << (int) (row % perInt) * strips.bits();
          }
        });
    put(ints, out);
    out.flush();
  }

  private static void put(int[] ints, NumberWriter out) {
    for (int i = 0; i < ints.length; i++) {
      out.putInt(ints[i]);
      ints[i] = 0;
    }
  }
}
