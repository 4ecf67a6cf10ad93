package io.arrowquant.cli.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.arrow.tensor.SafeTensorsAdapter;
import io.arrowquant.arrow.tensor.Widening;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Resource;
import io.arrowquant.core.Progress;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.quantize.QuantizedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.arrow.memory.RootAllocator;

/**
 * One HTML page about a quantized model: sizes, quality of each layer, the worst of them,
 * histograms of weights. Styles, script and data are in the page; it loads nothing.
 */
public final class ModelReport {

  private final QuantizedModel model;
  private final String title;
  private final List<String> rules;
  private final Histograms decoded;
  private final Histograms source;

  private ModelReport(
      QuantizedModel model,
      String title,
      List<String> rules,
      Histograms decoded,
      Histograms source) {
    this.model = model;
    this.title = title;
    this.rules = rules;
    this.decoded = decoded;
    this.source = source;
  }

  /**
   * Decodes every weight of a model, and reads every weight of its source where that is given.
   *
   * @param path the model's folder
   * @param original the checkpoint that it was made from; tensors that do not fit are left out
   * @param rules options that would spare the worst layers, shown as they are
   * @param progress hears of weights done
   */
  public static void write(
      Path path, Optional<Path> original, List<String> rules, Progress progress, PrintWriter out) {
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel model = QuantizedModel.open(path)) {
      List<LayerRecord> layers = model.layers().stream().filter(ModelReport::hasHistogram).toList();
      Histograms decoded =
          Histograms.of(
              model.streamRows(names(layers), allocator), layers, progress, "decoding weights");
      Histograms source = null;
      if (original.isPresent()) {
        try (SafeTensorsAdapter adapter = SafeTensorsAdapter.load(original.get(), allocator)) {
          List<LayerRecord> found = layers.stream().filter(fits(adapter)).toList();
          source =
              Histograms.of(
                  adapter.streamRowsF32(names(found)), found, progress, "reading the source");
        }
      }
      String title = path.toAbsolutePath().normalize().getFileName().toString();
      new ModelReport(model, title, rules, decoded, source).print(out);
    }
  }

  private static List<String> names(List<LayerRecord> layers) {
    return layers.stream().map(LayerRecord::name).toList();
  }

  private static boolean hasHistogram(LayerRecord layer) {
    return layer.statistics() != null
        && Widening.supports(layer.dtype())
        && Double.isFinite(layer.statistics().min())
        && Double.isFinite(layer.statistics().max());
  }

  /** Stored values that are scaled by another tensor are no weights yet. */
  private static Predicate<LayerRecord> fits(SafeTensorsAdapter adapter) {
    Set<String> known = new HashSet<>(adapter.tensorNames());
    return layer -> {
      if (!known.contains(layer.name()) || layer.scaleTensor() != null) {
        return false;
      }
      CheckpointTensor tensor = adapter.checkpoint().tensor(layer.name()).orElseThrow();
      return tensor.dtype() == layer.dtype() && tensor.shape().equals(layer.shape());
    };
  }

  private void print(PrintWriter out) {
    String page = Resource.text(ModelReport.class, "report.html");
    for (String part : page.split("(?=\\{\\{)|(?<=}})")) {
      switch (part) {
        case "{{title}}" -> out.print(escape(title));
        case "{{style}}" -> out.print(Resource.text(ModelReport.class, "report.css"));
        case "{{script}}" -> out.print(Resource.text(ModelReport.class, "report.js"));
        case "{{data}}" -> printData(out);
        default -> out.print(part);
      }
    }
  }

  /** JSON inside a script element: no text in it may look like the element's end. */
  private void printData(PrintWriter out) {
    out.print("{\"model\":" + safe(summary()) + ",\n\"layers\":[");
    String before = "\n";
    for (LayerRecord layer : model.layers()) {
      out.print(before + safe(describe(layer)));
      before = ",\n";
    }
    out.print("]}");
  }

  private static String safe(ObjectNode node) {
    return Json.line(node).replace("<", "\\u003c");
  }

  private ObjectNode summary() {
    Manifest manifest = model.manifest();
    Manifest.Totals totals = manifest.totals();
    ObjectNode json = Json.object();
    json.put("name", Printable.line(title));
    json.put("format", manifest.format() + " " + manifest.formatVersion());
    json.put("version", manifest.arrowquantVersion());
    json.put("modality", manifest.modality().modality());
    json.put("tensors", totals.layers());
    json.put("quantized", totals.quantizedLayers());
    json.put("parameters", totals.parameters());
    json.put("kept", totals.keptParameters());
    json.put("before", totals.sourceBytes());
    json.put("after", totals.storedBytes());
    json.put("bits", totals.bitsPerWeight());
    json.put("cosine", totals.cosineSimilarity());
    json.put("sqnr", totals.sqnrDb());
    json.put("hasSource", source != null);
    ArrayNode list = json.putArray("rules");
    rules.forEach(list::add);
    return json;
  }

  private ObjectNode describe(LayerRecord layer) {
    ObjectNode json = Json.object();
    json.put("name", Printable.line(layer.name()));
    json.put("dtype", layer.dtype().name());
    json.put("shape", layer.shape().toString().replace(", ", " × ").replaceAll("[\\[\\]]", ""));
    json.put("type", layer.quantization() == null ? "kept" : layer.quantType());
    json.put("params", layer.parameters());
    json.put("before", layer.sourceBytes());
    json.put("after", layer.storedBytes());
    json.put("bits", layer.bitsPerWeight());
    if (layer.quantization() == null) {
      json.put("reason", layer.keptReason());
    } else {
      json.put("group", layer.quantization().groupSize());
      json.put("method", layer.quantization().method());
      json.put("attempts", layer.attempts().size());
    }
    if (layer.quality() != null) {
      json.set("cosine", Json.number(layer.quality().cosineSimilarity()));
      json.set("sqnr", Json.number(layer.quality().sqnrDb()));
      json.put("exact", Double.isInfinite(layer.quality().sqnrDb()));
      json.set("worstGroup", Json.number(layer.quality().worstGroupSqnrDb()));
      json.set("rmse", Json.number(layer.quality().rmse()));
      json.set("maxError", Json.number(layer.quality().maxAbsError()));
    }
    if (layer.statistics() != null) {
      json.set("min", Json.number(layer.statistics().min()));
      json.set("max", Json.number(layer.statistics().max()));
      json.set("mean", Json.number(layer.statistics().mean()));
      json.set("std", Json.number(layer.statistics().std()));
      json.put("nan", layer.statistics().nanCount() + layer.statistics().infCount());
    }
    histograms(layer, json);
    return json;
  }

  private void histograms(LayerRecord layer, ObjectNode json) {
    Histogram after = decoded.get(layer.name());
    Histogram before = source == null ? null : source.get(layer.name());
    if (after == null) {
      return;
    }
    long greatest = Math.max(after.greatest(), before == null ? 1 : before.greatest());
    heights(json.putArray("now"), after, greatest);
    if (before != null) {
      heights(json.putArray("was"), before, greatest);
    }
  }

  private static void heights(ArrayNode array, Histogram histogram, long greatest) {
    for (int height : histogram.heights(greatest)) {
      array.add(height);
    }
  }

  private static String escape(String text) {
    return Printable.line(text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
