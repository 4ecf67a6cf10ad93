package io.arrowquant.quantize.export;

import io.arrowquant.core.safetensors.DType;
import java.util.Optional;

/** The tensor types of GGUF that are written, by their numbers. */
enum GgufType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q8_0(8, 32, 34),
  I8(24, 1, 1),
  I16(25, 1, 2),
  I32(26, 1, 4),
  I64(27, 1, 8),
  F64(28, 1, 8),
  BF16(30, 1, 2);

  private final int number;
  private final int weights;
  private final int bytes;

  GgufType(int number, int weights, int bytes) {
    this.number = number;
    this.weights = weights;
    this.bytes = bytes;
  }

  int number() {
    return number;
  }

  /** Bytes of so many elements, whole blocks of them. */
  long bytes(long elements) {
    return elements / weights * bytes;
  }

  /** What holds a kept tensor bit for bit. */
  static Optional<GgufType> ofKept(DType dtype) {
    return switch (dtype) {
      case F32 -> Optional.of(F32);
      case F16 -> Optional.of(F16);
      case BF16 -> Optional.of(BF16);
      case F64 -> Optional.of(F64);
      case I8 -> Optional.of(I8);
      case I16 -> Optional.of(I16);
      case I32 -> Optional.of(I32);
      case I64 -> Optional.of(I64);
      default -> Optional.empty();
    };
  }

  /** What holds quantized groups exactly. */
  static Optional<GgufType> of(int bits, GroupSurvey survey) {
    if (survey.isSymmetric() && survey.scalesAre(DType.F16)) {
      return bits == 8 ? Optional.of(Q8_0) : bits == 4 ? Optional.of(Q4_0) : Optional.empty();
    }
    return bits == 4 && survey.groupsAre(DType.F16) ? Optional.of(Q4_1) : Optional.empty();
  }
}
