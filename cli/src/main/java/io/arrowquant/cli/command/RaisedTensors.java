package io.arrowquant.cli.command;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Tensors that the width asked for did not do justice to: they have more bits, or are kept.
 *
 * @param layers those with attempts, in the order of their names
 */
record RaisedTensors(List<LayerRecord> layers) {

  private static final int SHOWN = 10;

  static RaisedTensors of(List<LayerRecord> layers) {
    return new RaisedTensors(layers.stream().filter(l -> !l.attempts().isEmpty()).toList());
  }

  void print(PrintWriter out) {
    if (layers.isEmpty()) {
      return;
    }
    out.println(
        layers.size()
            + (layers.size() == 1 ? " tensor has" : " tensors have")
            + " more bits, to reach the accuracy asked for:");
    Table table = new Table("tensor", "type", "cosine", "fell short at");
    for (LayerRecord layer : layers.subList(0, Math.min(SHOWN, layers.size()))) {
      table.row(
          layer.name(),
          TypeWord.of(layer),
          layer.quality() == null ? "" : Quantity.cosine(layer.quality().cosineSimilarity()),
          layer.attempts().stream()
              .map(a -> a.bitWidth() + " bits: " + Quantity.cosine(a.cosineSimilarity()))
              .collect(Collectors.joining(", ")));
    }
    table.print(out, "  ");
    if (layers.size() > SHOWN) {
      out.println("  and " + (layers.size() - SHOWN) + " more");
    }
    out.println();
  }
}
