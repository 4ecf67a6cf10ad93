package io.arrowquant.quantize.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.Version;
import io.arrowquant.core.config.Target;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** Says of each tensor what it became, and writes that into the export. */
final class ExportReport {

  /** Stands in every export. */
  static final String FILE_NAME = "arrowquant_export.json";

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Target.Format format;
  private final List<LayerExport> exports;
  private final List<ExportResult.Layer> layers;

  ExportReport(Target.Format format, List<LayerExport> exports) {
    this.format = format;
    this.exports = exports;
    this.layers = exports.stream().map(this::describe).toList();
  }

  List<ExportResult.Layer> layers() {
    return layers;
  }

  private ExportResult.Layer describe(LayerExport export) {
    String name = export.record().name();
    if (!(export instanceof LayerExport.Packed packed)) {
      DType dtype = export instanceof LayerExport.Kept ? export.record().dtype() : DType.F32;
      Optional<String> reason =
          export instanceof LayerExport.Floats floats
              ? Optional.of(floats.reason())
              : Optional.empty();
      return new ExportResult.Layer(name, word(dtype), true, 0, OptionalDouble.empty(), reason);
    }
    GroupSurvey survey = packed.survey();
    boolean exact = format != Target.Format.MLX || survey.groupsAre(MlxTensors.numbers(packed));
    return new ExportResult.Layer(
        name,
        type(packed),
        exact && packed.sqnrDb().isEmpty(),
        exact ? 0 : survey.worstOffset(),
        packed.sqnrDb(),
        Optional.empty());
  }

  private String type(LayerExport.Packed packed) {
    PackedStrips strips = packed.strips();
    String groups = strips.bits() + ":g" + strips.groupSize() + ":";
    return switch (format) {
      case MLX -> "affine" + groups + word(MlxTensors.numbers(packed));
      case COMPRESSED_TENSORS ->
          (packed.survey().isSymmetric() ? "symmetric" : "asymmetric")
              + groups
              + word(PackQuantizedTensors.scales(packed));
      case GGUF -> GgufType.of(strips.bits(), packed.survey()).orElseThrow().name();
    };
  }

  private static String word(DType dtype) {
    return dtype.name().toLowerCase(Locale.ROOT);
  }

  void write(Path working) {
    ObjectNode report = JSON.createObjectNode();
    report.put("arrowquant_version", Version.current());
    report.put("format", format.word());
    ArrayNode tensors = report.putArray("tensors");
    for (int i = 0; i < layers.size(); i++) {
      ExportResult.Layer layer = layers.get(i);
      ObjectNode tensor = tensors.addObject();
      tensor.put("name", layer.name());
      ArrayNode shape = tensor.putArray("shape");
      exports.get(i).record().shape().forEach(shape::add);
      tensor.put("type", layer.type());
      tensor.put("exact", layer.exact());
      layer.sqnrDb().ifPresent(sqnr -> tensor.put("sqnr_db", sqnr));
      layer.floatReason().ifPresent(reason -> tensor.put("float_reason", reason));
    }
    Path file = working.resolve(FILE_NAME);
    try {
      Files.write(file, JSON.writeValueAsBytes(report));
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(file, e);
    }
  }
}
