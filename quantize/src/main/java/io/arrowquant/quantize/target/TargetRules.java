package io.arrowquant.quantize.target;

import io.arrowquant.core.config.Target;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Widths, groups, shapes and names that the formats of runtimes take. */
public final class TargetRules {

  private static final String WEIGHT = ".weight";

  /** stable-diffusion.cpp and ComfyUI-GGUF take names of so many bytes. */
  private static final int GGUF_NAME_BYTES = 127;

  private TargetRules() {}

  /** Widths that a format holds, ascending. */
  public static List<Integer> widths(Target.Format format) {
    return switch (format) {
      case MLX -> List.of(2, 3, 4, 5, 6, 8);
      case COMPRESSED_TENSORS, GGUF -> List.of(4, 8);
    };
  }

  /** Widths that a target holds, ascending. */
  public static List<Integer> widths(Target target) {
    return switch (target) {
      case MLX, VLLM, GGUF -> widths(target.format());
      case VLLM_ASYMMETRIC, GGUF_Q4_1 -> List.of(4);
    };
  }

  /** Columns that may share a scale, the most usual number first. */
  public static List<Integer> groupSizes(Target.Format format) {
    return switch (format) {
      case MLX -> List.of(64, 32, 128);
      case COMPRESSED_TENSORS -> List.of(128, 64, 32);
      case GGUF -> List.of(32);
    };
  }

  /**
   * A group size that the format holds and that divides the columns.
   *
   * @param wanted taken where it can be; 0 for the usual one
   */
  public static OptionalInt groupSize(Target.Format format, int wanted, long columns) {
    if (wanted != 0) {
      return fitsGroup(format, wanted, columns) ? OptionalInt.of(wanted) : OptionalInt.empty();
    }
    return groupSizes(format).stream()
        .filter(size -> fitsGroup(format, size, columns))
        .mapToInt(Integer::intValue)
        .findFirst();
  }

  /** Why a format has no {@link #groupSize} for a row of so many columns, as a few words. */
  public static String columnsRefusal(Target.Format format, long columns) {
    return columns + " columns are no multiple of " + Collections.min(groupSizes(format));
  }

  private static boolean fitsGroup(Target.Format format, int size, long columns) {
    boolean held =
        format == Target.Format.GGUF ? size % 32 == 0 : groupSizes(format).contains(size);
    return held && columns % size == 0;
  }

  /**
   * Why a format cannot hold a matrix, as a few words; empty where it can.
   *
   * @param columns of the matrix
   * @param groupSize columns that share a scale
   */
  public static Optional<String> refusal(
      Target.Format format, String name, long columns, int bits, int groupSize) {
    if (!widths(format).contains(bits)) {
      return Optional.of(
          format.word() + " holds widths of " + widths(format) + " bits, and this is " + bits);
    }
    if (!fitsGroup(format, groupSize, columns)) {
      return Optional.of(
          format.word()
              + " holds groups of "
              + (format == Target.Format.GGUF ? "a multiple of 32" : groupSizes(format))
              + " columns that divide the row, and these are "
              + groupSize
              + " of "
              + columns);
    }
    return nameRefusal(format, name);
  }

  /** Why a format cannot hold a quantized matrix of this name. */
  public static Optional<String> nameRefusal(Target.Format format, String name) {
    return switch (format) {
      case MLX, COMPRESSED_TENSORS ->
          name.endsWith(WEIGHT) && name.length() > WEIGHT.length()
              ? Optional.empty()
              : Optional.of(
                  format.word() + " holds quantized tensors whose names end in " + WEIGHT);
      case GGUF -> keptNameRefusal(format, name);
    };
  }

  /** Why a format cannot hold any tensor of this name. */
  public static Optional<String> keptNameRefusal(Target.Format format, String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    return format == Target.Format.GGUF && bytes > GGUF_NAME_BYTES
        ? Optional.of(
            "gguf holds names of at most " + GGUF_NAME_BYTES + " bytes, and this has " + bytes)
        : Optional.empty();
  }

  /** What stands before {@code .weight}: the module of a quantized matrix. */
  public static String module(String name) {
    return name.substring(0, name.length() - WEIGHT.length());
  }
}
