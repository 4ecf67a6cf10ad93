package io.arrowquant.core.safetensors;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Files that people mistake for SafeTensors, and what to do with them. */
public enum ForeignFormat {
  PYTORCH(
      "a PyTorch checkpoint, which can run code when it is loaded: convert it to SafeTensors first"),
  PYTORCH_OR_ONNX_BIN("a PyTorch or raw weights file: convert it to SafeTensors first"),
  ZIP("a ZIP archive, as PyTorch and NumPy write: convert it to SafeTensors first"),
  GGUF(
      "a GGUF file, which is quantized already as a rule: start from the SafeTensors files that it"
          + " was made of"),
  ONNX("an ONNX graph: export its weights to SafeTensors first"),
  PARQUET("a Parquet file: of a model that ArrowQuant wrote, name the folder"),
  NUMPY("a NumPy archive: convert it to SafeTensors first"),
  LFS_POINTER("a Git LFS pointer instead of the file: run git lfs pull"),
  HTML("a web page instead of the file: download it again"),
  TEXT("text: name the model's .safetensors file, its index or its folder");

  private final String advice;

  ForeignFormat(String advice) {
    this.advice = advice;
  }

  /** What it is and what to do, as the end of a sentence, without a full stop. */
  public String advice() {
    return advice;
  }

  /** The format that a file's ending names. */
  public static Optional<ForeignFormat> ofName(String fileName) {
    String lower = fileName.toLowerCase(Locale.ROOT);
    int dot = lower.lastIndexOf('.');
    return switch (dot < 0 ? "" : lower.substring(dot)) {
      case ".pt", ".pth", ".ckpt", ".pkl" -> Optional.of(PYTORCH);
      case ".bin" -> Optional.of(PYTORCH_OR_ONNX_BIN);
      case ".gguf", ".ggml" -> Optional.of(GGUF);
      case ".parquet" -> Optional.of(PARQUET);
      case ".onnx" -> Optional.of(ONNX);
      case ".npz", ".npy" -> Optional.of(NUMPY);
      default -> Optional.empty();
    };
  }

  /** The format that a file's first 8 bytes show. */
  static Optional<ForeignFormat> ofMagic(byte[] first) {
    String text = new String(first, StandardCharsets.ISO_8859_1);
    if (text.startsWith("PK\3\4")) {
      return Optional.of(ZIP);
    }
    if (text.startsWith("PAR1")) {
      return Optional.of(PARQUET);
    }
    if (text.startsWith("GGUF")) {
      return Optional.of(GGUF);
    }
    if (text.equals("version ")) {
      return Optional.of(LFS_POINTER);
    }
    if (text.startsWith("<!") || text.toLowerCase(Locale.ROOT).startsWith("<html")) {
      return Optional.of(HTML);
    }
    if (text.startsWith("\u0093NUMPY")) {
      return Optional.of(NUMPY);
    }
    // A pickle: its protocol, then an instruction.
    if (text.charAt(0) == '\u0080' && text.charAt(1) <= 5 && text.charAt(2) != 0) {
      return Optional.of(PYTORCH);
    }
    boolean printable = text.chars().allMatch(c -> c >= ' ' && c < 127 || c >= '\t' && c <= '\r');
    return printable ? Optional.of(TEXT) : Optional.empty();
  }
}
