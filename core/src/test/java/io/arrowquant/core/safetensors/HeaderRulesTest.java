package io.arrowquant.core.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.safetensors.HeaderCases.Case;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule of the format, by files that just keep it and files that just break it. */
class HeaderRulesTest {

  private static final Path LABEL = Path.of("model.safetensors");

  static Stream<Case> accepted() {
    return cases().filter(c -> c.error().isEmpty());
  }

  static Stream<Case> refused() {
    return cases().filter(c -> c.error().isPresent());
  }

  private static Stream<Case> cases() {
    return Stream.of(new FileCases(), new JsonCases(), new TensorCases())
        .flatMap(c -> c.cases.stream());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void accepted(Case accepted) throws IOException {
    SafeTensorsHeader header = HeaderParser.read(LABEL, accepted.file());
    long end = 0;
    for (TensorInfo tensor : header.tensors()) {
      assertEquals(end, tensor.begin());
      assertEquals(tensor.elementCount() * tensor.dtype().bits(), tensor.byteSize() * 8);
      end = tensor.end();
    }
    assertEquals(accepted.file().size(), header.fileSize());
    assertEquals(header.fileSize(), header.dataStart() + end);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void refused(Case refused) {
    ArrowQuantException error =
        assertThrows(refused.error().orElseThrow(), () -> HeaderParser.read(LABEL, refused.file()));
    String message = error.getMessage();
    assertTrue(message.contains("\"model.safetensors\""), message);
    assertTrue(message.endsWith("."), message);
    assertTrue(message.length() < 600, message);
    assertFalse(message.chars().anyMatch(Character::isISOControl), message);
  }
}
