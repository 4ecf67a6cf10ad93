package io.arrowquant.cli.command;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.quantize.plan.Treatment;

/** Types of tensors as {@code --tensor-type} takes them, with nothing left unsaid. */
final class TypeWord {

  private TypeWord() {}

  /** {@code int4:g128:fast} or {@code keep}. */
  static String of(Treatment treatment) {
    return treatment instanceof Treatment.Quantize q
        ? of(q.bitWidth(), q.groupSize(), q.method().word())
        : "keep";
  }

  /** The same for what a layer was stored as. */
  static String of(LayerRecord layer) {
    return layer.quantization() == null
        ? "keep"
        : of(
            layer.quantization().bitWidth(),
            layer.quantization().groupSize(),
            layer.quantization().method());
  }

  private static String of(int bitWidth, int groupSize, String method) {
    return "int" + bitWidth + ":g" + groupSize + ":" + method;
  }
}
