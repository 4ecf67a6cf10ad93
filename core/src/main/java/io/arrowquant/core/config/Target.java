package io.arrowquant.core.config;

import java.util.Locale;

/** The runtime that a model is quantized for: only what it can hold is stored. */
public enum Target {
  /** MLX's affine groups: a scale and a bias each. */
  MLX(Format.MLX),
  /** compressed-tensors, symmetric: a scale a group. */
  VLLM(Format.COMPRESSED_TENSORS),
  /** compressed-tensors with an integer zero point a group. */
  VLLM_ASYMMETRIC(Format.COMPRESSED_TENSORS),
  /** GGUF's Q4_0 and Q8_0: a scale for 32 weights. */
  GGUF(Format.GGUF),
  /** GGUF's Q4_1: a scale and a minimum for 32 weights. */
  GGUF_Q4_1(Format.GGUF);

  /** A format of files. */
  public enum Format {
    MLX,
    COMPRESSED_TENSORS,
    GGUF;

    /** The word on the command line. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final Format format;

  Target(Format format) {
    this.format = format;
  }

  /** What the runtime loads. */
  public Format format() {
    return format;
  }

  /** The lower-case word used in files and on the command line. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
