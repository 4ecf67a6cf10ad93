package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A quantized model at a glance.
 *
 * @param layers those asked for, in the order asked for
 * @param choice how they were chosen
 * @param entropies by name, if asked for
 */
record ModelInspection(
    Path path,
    Manifest manifest,
    List<LayerRecord> layers,
    TensorChoice choice,
    Map<String, Double> entropies)
    implements Inspection {

  private static final int LARGEST = 10;

  @Override
  public List<String> warnings() {
    return List.of();
  }

  @Override
  public ObjectNode json() {
    Manifest.Totals totals = manifest.totals();
    ObjectNode json = Json.object();
    json.put("path", path.toString());
    json.put("format", manifest.format());
    json.put("format_version", manifest.formatVersion());
    json.put("arrowquant_version", manifest.arrowquantVersion());
    json.put("files", manifest.files().size());
    json.put("modality", manifest.modality().modality());
    json.put("modality_rule", manifest.modality().rule());
    json.put("modality_evidence", manifest.modality().evidence());
    json.put("tensors", totals.layers());
    json.put("quantized_tensors", totals.quantizedLayers());
    json.put("parameters", totals.parameters());
    json.put("kept_parameters", totals.keptParameters());
    json.put("bytes", totals.storedBytes());
    json.put("source_bytes", totals.sourceBytes());
    json.set("bits_per_weight", Json.number(totals.bitsPerWeight()));
    json.put("cosine_similarity", totals.cosineSimilarity());
    json.put("sqnr_db", totals.sqnrDb());
    StoredTypes types = StoredTypes.of(layers);
    types.describe(json);
    RestoredSizes.of(layers).describe(json.putObject("dequantized_bytes"));
    json.putPOJO("config", manifest.config());
    ArrayNode list = json.putArray("tensor_list");
    for (LayerRecord layer : layers) {
      ObjectNode entry = list.addObject();
      LayerJson.describe(layer, entry);
      if (choice.entropy()) {
        entry.put("entropy_bits", entropies.get(layer.name()));
      }
    }
    return json;
  }

  @Override
  public void print(PrintWriter out) {
    Manifest.Totals totals = manifest.totals();
    out.println(Printable.line(path.toString()));
    out.println(
        "  format      %s %s, written by arrowquant %s"
            .formatted(manifest.format(), manifest.formatVersion(), manifest.arrowquantVersion()));
    out.println(
        "  modality    "
            + Inspection.modality(
                manifest.modality().modality(),
                manifest.modality().rule(),
                manifest.modality().evidence()));
    out.println(
        "  tensors     %d, %d of them quantized"
            .formatted(totals.layers(), totals.quantizedLayers()));
    out.println("  parameters  " + Quantity.count(totals.parameters()));
    out.println(
        String.format(
            Locale.ROOT,
            "  size        %s from %s, %.2f bits per weight",
            Quantity.bytes(totals.storedBytes()),
            Quantity.bytes(totals.sourceBytes()),
            totals.bitsPerWeight()));
    if (totals.cosineSimilarity() != null) {
      out.println(
          "  quality     cosine %s, SQNR %s"
              .formatted(
                  Quantity.cosine(totals.cosineSimilarity()),
                  Quantity.decibels(
                      totals.sqnrDb() == null ? Double.POSITIVE_INFINITY : totals.sqnrDb())));
    }
    out.println();
    if (!choice.globs().isEmpty()) {
      out.printf("Of these, %d tensors match.%n%n", layers.size());
    }
    StoredTypes.of(layers).print(out);
    out.println();
    printTensors(out);
    out.println();
    RestoredSizes.of(layers).print(out);
  }

  private void printTensors(PrintWriter out) {
    List<String> heads =
        new ArrayList<>(
            List.of(
                choice.isList() ? "tensors" : "largest tensors",
                "dtype",
                "type",
                "shape",
                "size",
                "bits",
                "SQNR"));
    if (choice.entropy()) {
      heads.add("entropy");
    }
    Table table = new Table(heads.toArray(String[]::new));
    Stream<LayerRecord> shown =
        choice.isList()
            ? layers.stream()
            : layers.stream()
                .sorted(Comparator.comparingLong(LayerRecord::storedBytes).reversed())
                .limit(LARGEST);
    shown.forEach(layer -> table.row(cells(layer)));
    table.print(out, "  ");
  }

  private String[] cells(LayerRecord layer) {
    List<String> cells =
        new ArrayList<>(
            List.of(
                layer.name(),
                layer.dtype().name(),
                layer.quantization() == null
                    ? "kept"
                    : layer.quantType() + ":g" + layer.quantization().groupSize(),
                layer.shape().toString(),
                Quantity.bytes(layer.storedBytes()),
                String.format(Locale.ROOT, "%.2f", layer.bitsPerWeight()),
                layer.quality() == null ? "" : Quantity.decibels(layer.quality().sqnrDb())));
    if (choice.entropy()) {
      cells.add(Inspection.entropy(entropies.get(layer.name())));
    }
    return cells.toArray(String[]::new);
  }
}
