package io.arrowquant.core.safetensors;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The 22 element types of SafeTensors, named as in the file. */
public enum DType {
  BOOL(8, Kind.BOOLEAN),
  F4(4, Kind.FLOAT),
  F6_E2M3(6, Kind.FLOAT),
  F6_E3M2(6, Kind.FLOAT),
  U8(8, Kind.INTEGER),
  I8(8, Kind.INTEGER),
  F8_E5M2(8, Kind.FLOAT),
  F8_E4M3(8, Kind.FLOAT),
  F8_E8M0(8, Kind.FLOAT),
  F8_E4M3FNUZ(8, Kind.FLOAT),
  F8_E5M2FNUZ(8, Kind.FLOAT),
  I16(16, Kind.INTEGER),
  U16(16, Kind.INTEGER),
  F16(16, Kind.FLOAT),
  BF16(16, Kind.FLOAT),
  I32(32, Kind.INTEGER),
  U32(32, Kind.INTEGER),
  F32(32, Kind.FLOAT),
  C64(64, Kind.COMPLEX),
  F64(64, Kind.FLOAT),
  I64(64, Kind.INTEGER),
  U64(64, Kind.INTEGER);

  /** What an element means. */
  public enum Kind {
    BOOLEAN,
    INTEGER,
    FLOAT,
    COMPLEX
  }

  private static final Map<String, DType> BY_NAME =
      Stream.of(values()).collect(Collectors.toUnmodifiableMap(DType::name, Function.identity()));

  private final int bits;
  private final Kind kind;

  DType(int bits, Kind kind) {
    this.bits = bits;
    this.kind = kind;
  }

  /** The dtype of exactly this name; case matters. */
  public static Optional<DType> named(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /** Bits per element: 4, 6, 8, 16, 32 or 64. */
  public int bits() {
    return bits;
  }

  /** What its bits stand for. */
  public Kind kind() {
    return kind;
  }

  /**
   * Whether elements are smaller than a byte, so that an element may have no address of its own.
   */
  public boolean subByte() {
    return bits < 8;
  }

  /** Whether elements can be weights to quantize: floating-point numbers of whole bytes. */
  public boolean holdsWeights() {
    return kind == Kind.FLOAT && bits >= 8;
  }

  /**
   * Whether each value is a float32 exactly, so that widening loses nothing, NaN payloads aside.
   */
  public boolean widensToFloat32() {
    return kind == Kind.FLOAT && bits >= 8 && bits <= 32;
  }
}
