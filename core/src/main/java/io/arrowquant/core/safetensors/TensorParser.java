package io.arrowquant.core.safetensors;

import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.InvalidOffsetsException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.UnsupportedDTypeException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads and checks the description of one tensor: dtype, shape and offsets, and their sizes. */
final class TensorParser {

  private final StrictJson json;
  private final Path file;
  private final String name;
  private String dtypeName;
  private List<Long> shape;
  private List<Long> offsets;

  /**
   * A parser of one tensor.
   *
   * @param json stands on the tensor's description
   * @param file what messages call the file
   * @param name the tensor's
   */
  TensorParser(StrictJson json, Path file, String name) {
    this.json = json;
    this.file = file;
    this.name = name;
  }

  TensorInfo parse() throws IOException {
    try {
      json.object("its description", this::readField);
      require(dtypeName, "dtype");
      require(shape, "shape");
      require(offsets, "data_offsets");
      if (offsets.size() != 2) {
        throw json.malformed("data_offsets has " + offsets.size() + " elements, not 2");
      }
    } catch (MalformedJsonException e) {
      throw new InvalidHeaderException(where(file, name) + ": " + e.getMessage() + ".", e);
    }
    return check(offsets.get(0), offsets.get(1));
  }

  private void readField(String key) throws IOException {
    switch (key) {
      case "dtype" -> dtypeName = json.string("dtype");
      case "shape" -> shape = naturals("a dimension of shape", "shape");
      case "data_offsets" -> offsets = naturals("an element of data_offsets", "data_offsets");
      default -> json.skip();
    }
  }

  private List<Long> naturals(String element, String array) throws IOException {
    List<Long> values = new ArrayList<>(4);
    json.array(array, () -> values.add(json.natural(element)));
    return values;
  }

  private void require(Object value, String key) throws IOException {
    if (value == null) {
      throw json.malformed(key + " is missing");
    }
  }

  private TensorInfo check(long begin, long end) {
    DType dtype =
        DType.named(dtypeName)
            .orElseThrow(
                () ->
                    new UnsupportedDTypeException(
                        where(file, name)
                            + " has dtype "
                            + QuotedName.of(dtypeName)
                            + ", which SafeTensors does not know."));
    if (begin > end) {
      throw new InvalidOffsetsException(
          where(file, name) + " begins at byte " + begin + " and ends before, at " + end + ".");
    }
    long bits = bits(dtype);
    if (bits % Byte.SIZE != 0) {
      throw new InvalidOffsetsException(
          where(file, name) + " takes " + bits + " bits, which are not whole bytes.");
    }
    if (bits / Byte.SIZE != end - begin) {
      throw new InvalidOffsetsException(
          where(file, name)
              + " takes "
              + bits / Byte.SIZE
              + " bytes by its shape and dtype "
              + dtype
              + ", but "
              + (end - begin)
              + " by its offsets.");
    }
    return new TensorInfo(name, dtype, shape, begin, end);
  }

  private long bits(DType dtype) {
    try {
      long count = 1;
      for (long dimension : shape) {
        count = Math.multiplyExact(count, dimension);
      }
      return Math.multiplyExact(count, (long) dtype.bits());
    } catch (ArithmeticException e) {
      throw new InvalidOffsetsException(
          where(file, name) + " has a shape whose size in bits is larger than 2^63-1.", e);
    }
  }

  /** How messages begin that are about a tensor. */
  static String where(Path file, String tensor) {
    return "Tensor " + QuotedName.of(tensor) + " of " + QuotedName.of(file);
  }
}
