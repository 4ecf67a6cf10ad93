package io.arrowquant.core.safetensors;

import static io.arrowquant.core.safetensors.TestFiles.file;
import static io.arrowquant.core.safetensors.TestFiles.tensor;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.InvalidOffsetsException;
import io.arrowquant.core.UnsupportedDTypeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A table of files and what must become of them. */
abstract class HeaderCases {

  /** One tensor named {@code a} of eight bytes. */
  static final String GOOD = tensor("a", "F32", "[2]", 0, 8);

  /**
   * One file.
   *
   * @param error what refuses it, empty where it is accepted
   */
  record Case(
      String title, PositionedBytes file, Optional<Class<? extends ArrowQuantException>> error) {
    @Override
    public String toString() {
      return title;
    }
  }

  final List<Case> cases = new ArrayList<>();

  final void accept(String title, byte[] file) {
    cases.add(new Case(title, PositionedBytes.of(file), Optional.empty()));
  }

  final void accept(String title, String header, int dataBytes) {
    accept(title, file(header, dataBytes));
  }

  final void json(String title, byte[] file) {
    refuse(title, file, InvalidHeaderException.class);
  }

  final void json(String title, String header) {
    json(title, file(header, 8));
  }

  final void offsets(String title, String header, int dataBytes) {
    refuse(title, file(header, dataBytes), InvalidOffsetsException.class);
  }

  final void dtype(String name) {
    refuse(
        "dtype " + name,
        file("{" + tensor("a", name, "[8]", 0, 8) + "}", 8),
        UnsupportedDTypeException.class);
  }

  final void refuse(String title, byte[] file, Class<? extends ArrowQuantException> error) {
    cases.add(new Case(title, PositionedBytes.of(file), Optional.of(error)));
  }

  /** A good header whose tensor has one more field. */
  static String with(String field) {
    return "{" + GOOD.substring(0, GOOD.length() - 1) + "," + field + "}}";
  }

  static String nested(int depth) {
    return "[".repeat(depth) + "]".repeat(depth);
  }
}
