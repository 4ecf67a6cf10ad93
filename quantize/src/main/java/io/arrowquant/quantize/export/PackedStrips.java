package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.quantize.QuantizedLayer;
import io.arrowquant.quantize.kernel.PackedStrip;
import java.util.function.Consumer;

/** A matrix as strips of packed rows: may be walked over several times. */
interface PackedStrips {

  int bits();

  int groupSize();

  /** Hears of all strips in the order of the weights; a strip is valid during the call. */
  void forEach(Consumer<PackedStrip> visitor);

  /** As they are stored. */
  static PackedStrips stored(QuantizedLayer layer) {
    LayerRecord.Quantization quantization = layer.record().quantization();
    return new PackedStrips() {
      @Override
      public int bits() {
        return quantization.codeWidth();
      }

      @Override
      public int groupSize() {
        return quantization.groupSize();
      }

      @Override
      public void forEach(Consumer<PackedStrip> visitor) {
        layer.forEachPacked((rows, run) -> PackedStrip.of(rows, run).forEach(visitor));
      }
    };
  }
}
