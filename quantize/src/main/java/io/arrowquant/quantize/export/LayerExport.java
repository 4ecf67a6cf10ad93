package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.quantize.QuantizedLayer;
import java.util.OptionalDouble;

/** What becomes of a tensor of the model. */
sealed interface LayerExport {

  QuantizedLayer layer();

  default LayerRecord record() {
    return layer().record();
  }

  /** The tensor's name in its component's files. */
  default String nameInComponent() {
    return record().nameInComponent();
  }

  /** Kept in the model: the source's bytes. */
  record Kept(QuantizedLayer layer) implements LayerExport {}

  /**
   * Quantized in the model, written as float32.
   *
   * @param reason why, in a few words
   */
  record Floats(QuantizedLayer layer, String reason) implements LayerExport {}

  /**
   * Quantized.
   *
   * @param strips of its rows, as they are stored or anew
   * @param survey of these
   * @param sqnrDb of what is quantized anew
   */
  record Packed(
      QuantizedLayer layer, PackedStrips strips, GroupSurvey survey, OptionalDouble sqnrDb)
      implements LayerExport {}
}
