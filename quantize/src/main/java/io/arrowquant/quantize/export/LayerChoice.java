package io.arrowquant.quantize.export;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.Target;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.QuantizedLayer;
import io.arrowquant.quantize.fit.SliceQuantizer;
import io.arrowquant.quantize.target.TargetRules;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.apache.arrow.memory.BufferAllocator;

/** Decides for each layer whether a format holds it, and if not, what is done about it. */
final class LayerChoice {

  private final ExportOptions options;
  private final Target.Format format;
  private final BufferAllocator memory;
  private SliceQuantizer quantizer;

  LayerChoice(ExportOptions options, BufferAllocator memory) {
    this.options = options;
    this.format = options.format();
    this.memory = memory;
  }

  /**
   * @throws InvalidConfigException if the format does not hold the layer
   */
  LayerExport choose(QuantizedLayer layer) {
    LayerRecord record = layer.record();
    Optional<String> name = TargetRules.keptNameRefusal(format, record.name());
    if (name.isPresent()) {
      throw refused(record, name.get(), false);
    }
    if (record.quantization() == null) {
      if (format == Target.Format.GGUF && GgufType.ofKept(record.dtype()).isEmpty()) {
        throw refused(record, "gguf holds no tensors of dtype " + record.dtype(), false);
      }
      return new LayerExport.Kept(layer);
    }
    Optional<String> reason = shapeRefusal(record);
    if (reason.isEmpty()) {
      PackedStrips strips = PackedStrips.stored(layer);
      GroupSurvey survey = GroupSurvey.of(strips);
      reason = numberRefusal(record, survey);
      if (reason.isEmpty()) {
        return new LayerExport.Packed(layer, strips, survey, OptionalDouble.empty());
      }
    }
    if (!options.requantize()) {
      throw refused(record, reason.get(), true);
    }
    return anew(layer);
  }

  private Optional<String> shapeRefusal(LayerRecord record) {
    if (record.spatial() != null) {
      return Optional.of(format.word() + " has no place for the equalisation of input channels");
    }
    return TargetRules.refusal(
        format,
        record.name(),
        record.columns(),
        record.quantization().codeWidth(),
        record.quantization().groupSize());
  }

  private Optional<String> numberRefusal(LayerRecord record, GroupSurvey survey) {
    return switch (format) {
      case MLX -> Optional.empty();
      case COMPRESSED_TENSORS -> {
        if (!survey.hasIntegerZeroPoints()) {
          yield Optional.of(
              "compressed-tensors holds integer zero points, and these are fractions");
        }
        if (record.quantization().codeWidth() == 8 && !survey.isSymmetric()) {
          yield Optional.of("compressed-tensors at 8 bits has no zero points");
        }
        yield survey.scalesAre(DType.F16) || survey.scalesAre(DType.BF16)
            ? Optional.empty()
            : Optional.of("compressed-tensors holds scales of 16 bits, and these have more");
      }
      case GGUF ->
          GgufType.of(record.quantization().codeWidth(), survey).isPresent()
              ? Optional.empty()
              : Optional.of("gguf holds scales and minima of F16, and these are no such numbers");
    };
  }

  private LayerExport anew(QuantizedLayer layer) {
    LayerRecord record = layer.record();
    Optional<String> name = TargetRules.nameRefusal(format, record.name());
    if (name.isPresent()) {
      return new LayerExport.Floats(layer, name.get());
    }
    OptionalInt groupSize = TargetRules.groupSize(format, 0, record.columns());
    if (groupSize.isEmpty()) {
      return new LayerExport.Floats(layer, TargetRules.columnsRefusal(format, record.columns()));
    }
    int wanted = record.quantization().bitWidth();
    int bits =
        TargetRules.widths(format).stream().filter(width -> width >= wanted).findFirst().orElse(8);
    RequantizedStrips strips =
        new RequantizedStrips(layer, quantizer(), bits, groupSize.getAsInt(), memory);
    return new LayerExport.Packed(
        layer, strips, GroupSurvey.of(strips), OptionalDouble.of(strips.sqnrDb()));
  }

  private SliceQuantizer quantizer() {
    if (quantizer == null) {
      quantizer = new SliceQuantizer(Optional.of(target()));
    }
    return quantizer;
  }

  private Target target() {
    return switch (format) {
      case MLX -> Target.MLX;
      case COMPRESSED_TENSORS -> Target.VLLM;
      case GGUF -> Target.GGUF;
    };
  }

  private InvalidConfigException refused(LayerRecord record, String reason, boolean curable) {
    return new InvalidConfigException(
        "Tensor "
            + QuotedName.of(record.name())
            + " cannot be exported: "
            + reason
            + (curable
                ? "; 'arrowquant quantize --for "
                    + target().word()
                    + "' makes a model that can, 'arrowquant export --requantize' does it from this"
                    + " one."
                : "; leave it out with 'arrowquant quantize --exclude'."));
  }
}
