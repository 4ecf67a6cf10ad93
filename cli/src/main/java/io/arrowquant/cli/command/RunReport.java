package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.QuantizationResult;
import io.arrowquant.quantize.ValidationReport;
import io.arrowquant.quantize.kernel.VectorApi;
import io.arrowquant.quantize.plan.Treatment;
import io.arrowquant.quantize.target.TargetRules;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a run of {@code quantize} says at its end.
 *
 * @param result of the run
 * @param config the settings that it ran with
 * @param validation null where none was asked for
 */
public record RunReport(
    QuantizationResult result, DiffusionQuantConfig config, ValidationReport validation) {

  public void print(PrintWriter out) {
    out.println(Printable.line(result.quantizedPath().toString()));
    out.println(
        line(
            "  %s from %s, a ratio of %.2f; %.2f bits per weight",
            Quantity.bytes(result.storedBytes()),
            Quantity.bytes(result.sourceBytes()),
            result.compressionRatio(),
            result.bitsPerWeight()));
    out.println(
        line(
            "  %s, %d of %d tensors quantized, modality %s",
            config.keepsAll() ? "kept bit for bit" : TypeWord.of(asked()),
            quantizedTensors(),
            result.layers().size(),
            result.modality().word()));
    if (quantizedTensors() > 0) {
      out.println("  strategy " + StrategyText.of(result.strategy(), result.calibration()));
      out.println(
          line(
              "  cosine %s, SQNR %s",
              Quantity.cosine(result.cosineSimilarity()), Quantity.decibels(result.sqnrDb())));
    }
    out.println(
        line(
            "  %.1f s, %s weights/s, %s of buffers at most",
            result.quantizationTimeSeconds(),
            Quantity.count(result.parameters() / result.quantizationTimeSeconds()),
            Quantity.bytes(result.peakMemoryBytes())));
    out.println();
    types().print(out);
    raised().print(out);
    kept().print(out);
    if (validation != null) {
      out.println();
      ValidationText.print(validation, out);
    }
    worst().print(out);
  }

  public ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("quantized_path", result.quantizedPath().toString());
    json.set("compression_ratio", Json.number(result.compressionRatio()));
    json.set("cosine_similarity", Json.number(result.cosineSimilarity()));
    json.set("model_size_mb", Json.number(result.modelSizeMb()));
    json.put("modality", result.modality().word());
    json.put("modality_rule", result.modalityFinding().rule());
    json.put("modality_evidence", result.modalityFinding().evidence());
    StrategyText.describe(result.strategy(), result.calibration(), json.putObject("strategy"));
    json.put("threads", result.threads());
    json.put("io", io());
    json.put("kernel", VectorApi.USABLE ? "vector-api" : "scalar");
    json.put("bit_width", result.bitWidth());
    json.put("group_size", asked().groupSize());
    json.put("method", asked().method().word());
    json.set("quantization_time_seconds", Json.number(result.quantizationTimeSeconds()));
    json.set("bits_per_weight", Json.number(result.bitsPerWeight()));
    json.set("sqnr_db", Json.number(result.sqnrDb()));
    json.put("parameters", result.parameters());
    json.put("kept_parameters", result.keptParameters());
    json.put("source_bytes", result.sourceBytes());
    json.put("stored_bytes", result.storedBytes());
    json.put("peak_memory_bytes", result.peakMemoryBytes());
    json.put("tensors", result.layers().size());
    json.put("quantized_tensors", quantizedTensors());
    json.put("raised_tensors", raised().layers().size());
    types().describe(json.putArray("tensor_types"));
    kept().describe(json.putArray("kept"));
    ArrayNode rules = json.putArray("suggested_tensor_types");
    worst().rules().forEach(rules::add);
    ArrayNode notes = json.putArray("notes");
    result.notes().forEach(notes::add);
    ArrayNode warnings = json.putArray("warnings");
    warnings().forEach(warnings::add);
    ArrayNode layers = json.putArray("layers");
    result.layers().forEach(layer -> LayerJson.describe(layer, layers.addObject()));
    if (validation != null) {
      ValidationText.describe(validation, json.putObject("validation"));
    }
    return json;
  }

  /** What the user should look at, each a sentence. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (!config.keepsAll()) {
      kept().warning().ifPresent(warnings::add);
    }
    return warnings;
  }

  /** How the run was done, each a sentence. */
  List<String> circumstances() {
    return List.of(
        "Source files were "
            + io()
            + "; %d workers, buffers of at most %d MiB."
                .formatted(result.threads(), config.maxMemoryLimitMb()),
        VectorApi.USABLE
            ? "The kernel is the Vector API's, once it is compiled and faster than scalar loops."
            : "The kernel is scalar; --add-modules=jdk.incubator.vector gives the JVM the Vector"
                + " API.",
        "Modality "
            + Inspection.modality(
                result.modality().word(),
                result.modalityFinding().rule(),
                result.modalityFinding().evidence())
            + ".");
  }

  private String io() {
    return result.io() == IoMode.MMAP ? "mapped" : "read";
  }

  private RaisedTensors raised() {
    return RaisedTensors.of(result.layers());
  }

  private WorstTensors worst() {
    return WorstTensors.of(result.layers(), config);
  }

  private long quantizedTensors() {
    return result.layers().stream().filter(layer -> layer.quantization() != null).count();
  }

  /** What tensors get of which nothing more is said, as calibration has it for most of them. */
  private Treatment.Quantize asked() {
    Treatment.Quantize usual = Treatment.Quantize.of(config, config.bitWidth());
    Treatment.Quantize calibrated =
        Treatment.Quantize.of(config, config.bitWidth(), result.strategy().timeAware());
    return forTarget(stored(calibrated) > stored(usual) ? calibrated : usual);
  }

  /** With the group size that the target prefers, where none is said. */
  private Treatment.Quantize forTarget(Treatment.Quantize type) {
    if (config.target().isEmpty() || config.origin("group_size").isSaid()) {
      return type;
    }
    int groupSize = TargetRules.groupSizes(config.target().get().format()).get(0);
    return new Treatment.Quantize(type.bitWidth(), groupSize, type.method());
  }

  private long stored(Treatment type) {
    String word = TypeWord.of(type);
    return result.layers().stream().filter(layer -> TypeWord.of(layer).equals(word)).count();
  }

  private RuleTypes types() {
    return RuleTypes.of(config, result.layers());
  }

  private KeptTensors kept() {
    return KeptTensors.of(result.layers());
  }

  private static String line(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
