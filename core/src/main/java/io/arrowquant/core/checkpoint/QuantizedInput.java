package io.arrowquant.core.checkpoint;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.safetensors.DType;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The finding that a checkpoint is quantized already.
 *
 * @param scheme how
 * @param evidence the tensors or the configuration that show it
 */
public record QuantizedInput(Scheme scheme, String evidence) {

  /** Ways of storing quantized weights that are told apart by their tensors. */
  public enum Scheme {
    GPTQ_OR_AWQ("GPTQ or AWQ"),
    BITSANDBYTES("bitsandbytes"),
    COMPRESSED_TENSORS("compressed-tensors"),
    MLX("MLX"),
    INT8_WITH_SCALES("int8 with scales"),
    OTHER("another scheme");

    private final String title;

    Scheme(String title) {
      this.title = title;
    }

    /** Its name for people. */
    public String title() {
      return title;
    }
  }

  /** A tensor, and the one that must stand beside it, by its name with the ending replaced. */
  private record Pair(Scheme scheme, String ending, Set<DType> dtypes, List<String> beside) {}

  private static final Set<DType> ANY = EnumSet.allOf(DType.class);
  private static final Set<DType> INTEGER =
      EnumSet.of(DType.I8, DType.U8, DType.I16, DType.U16, DType.I32, DType.U32, DType.I64);

  private static final List<Pair> PAIRS =
      List.of(
          new Pair(Scheme.GPTQ_OR_AWQ, ".qweight", INTEGER, List.of(".qzeros", ".scales")),
          new Pair(Scheme.BITSANDBYTES, ".weight.absmax", ANY, List.of(".weight")),
          new Pair(Scheme.BITSANDBYTES, ".SCB", ANY, List.of(".weight")),
          new Pair(Scheme.COMPRESSED_TENSORS, ".weight_packed", INTEGER, List.of(".weight_scale")),
          new Pair(Scheme.MLX, ".weight", EnumSet.of(DType.U32), List.of(".scales", ".biases")),
          new Pair(
              Scheme.INT8_WITH_SCALES, ".weight", EnumSet.of(DType.I8), List.of(".weight_scale")));

  static Optional<QuantizedInput> find(Checkpoint checkpoint, Optional<String> quantMethod) {
    for (CheckpointTensor tensor : checkpoint.tensors()) {
      for (Pair pair : PAIRS) {
        if (tensor.name().endsWith(pair.ending()) && pair.dtypes().contains(tensor.dtype())) {
          String stem = tensor.name().substring(0, tensor.name().length() - pair.ending().length());
          if (pair.beside().stream().allMatch(e -> checkpoint.tensor(stem + e).isPresent())) {
            return Optional.of(
                new QuantizedInput(
                    pair.scheme(),
                    QuotedName.of(tensor.name())
                        + " ("
                        + tensor.dtype()
                        + ") beside "
                        + QuotedName.of(stem + pair.beside().get(0))));
          }
        }
      }
    }
    return quantMethod.flatMap(QuantizedInput::ofMethod);
  }

  /** FP8 weights are a source like any other: their scales are known. */
  private static Optional<QuantizedInput> ofMethod(String method) {
    String evidence = "quant_method = " + QuotedName.of(method) + " in config.json";
    return switch (method.toLowerCase(Locale.ROOT)) {
      case "fp8", "fbgemm_fp8" -> Optional.empty();
      case "gptq", "awq" -> Optional.of(new QuantizedInput(Scheme.GPTQ_OR_AWQ, evidence));
      case "bitsandbytes" -> Optional.of(new QuantizedInput(Scheme.BITSANDBYTES, evidence));
      case "compressed-tensors" ->
          Optional.of(new QuantizedInput(Scheme.COMPRESSED_TENSORS, evidence));
      case "mlx" -> Optional.of(new QuantizedInput(Scheme.MLX, evidence));
      default -> Optional.of(new QuantizedInput(Scheme.OTHER, evidence));
    };
  }
}
