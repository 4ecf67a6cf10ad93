package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.quantize.restore.TargetDType;
import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How many bytes tensors take as SafeTensors again, headers excepted.
 *
 * @param bytes by the dtype that {@code dequantize} is asked for
 */
record RestoredSizes(Map<TargetDType, Long> bytes) {

  static RestoredSizes of(List<LayerRecord> layers) {
    Map<TargetDType, Long> bytes = new EnumMap<>(TargetDType.class);
    for (TargetDType target : TargetDType.values()) {
      bytes.put(target, layers.stream().mapToLong(layer -> bytes(layer, target)).sum());
    }
    return new RestoredSizes(bytes);
  }

  /** Kept tensors have their own dtype whatever is asked for. */
  private static long bytes(LayerRecord layer, TargetDType target) {
    return layer.quantization() == null || target.dtype().isEmpty()
        ? layer.sourceBytes()
        : layer.parameters() * target.dtype().get().bits() / 8;
  }

  void print(PrintWriter out) {
    Table table = new Table("dequantized", "size");
    bytes.forEach((target, size) -> table.row(word(target), Quantity.bytes(size)));
    table.print(out, "  ");
  }

  void describe(ObjectNode json) {
    bytes.forEach((target, size) -> json.put(word(target), size));
  }

  private static String word(TargetDType target) {
    return target.name().toLowerCase(Locale.ROOT);
  }
}
