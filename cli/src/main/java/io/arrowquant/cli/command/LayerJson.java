package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.cli.text.Json;

/** One tensor of a quantized model as JSON. */
final class LayerJson {

  private LayerJson() {}

  static void describe(LayerRecord layer, ObjectNode entry) {
    entry.put("name", layer.name());
    entry.put("dtype", layer.dtype().name());
    ArrayNode shape = entry.putArray("shape");
    layer.shape().forEach(shape::add);
    entry.put("parameters", layer.parameters());
    entry.put("bytes", layer.storedBytes());
    entry.put("source_bytes", layer.sourceBytes());
    entry.put("quant_type", layer.quantType());
    entry.set("bits_per_weight", Json.number(layer.bitsPerWeight()));
    if (layer.quantization() == null) {
      entry.put("kept_reason", layer.keptReason());
    } else {
      entry.put("group_size", layer.quantization().groupSize());
      entry.put("method", layer.quantization().method());
    }
    ArrayNode attempts = entry.putArray("attempts");
    for (LayerRecord.Attempt attempt : layer.attempts()) {
      ObjectNode node = attempts.addObject().put("bit_width", attempt.bitWidth());
      node.set("cosine_similarity", Json.number(attempt.cosineSimilarity()));
      node.set("sqnr_db", Json.number(attempt.sqnrDb()));
    }
    if (layer.timeAware() != null) {
      entry.put("time_groups", layer.timeAware().numTimeGroups());
    }
    entry.put("equalized", layer.spatial() != null);
    if (layer.quality() != null) {
      entry.set("cosine_similarity", Json.number(layer.quality().cosineSimilarity()));
      entry.set("sqnr_db", Json.number(layer.quality().sqnrDb()));
    }
  }
}
