package io.arrowquant.core.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes are a SafeTensors file whose tensors tile its data, or refused by a typed error. */
class HeaderFuzzTest {

  private static final Path LABEL = Path.of("model.safetensors");
  private static final int LONGEST_SEED = 4096;

  /** The files of the rules, but the very long. */
  static Stream<byte[]> seeds() throws IOException {
    Stream.Builder<byte[]> seeds = Stream.builder();
    for (HeaderCases cases :
        new HeaderCases[] {new FileCases(), new JsonCases(), new TensorCases()}) {
      for (HeaderCases.Case one : cases.cases) {
        if (one.file().size() <= LONGEST_SEED) {
          byte[] file = new byte[(int) one.file().size()];
          one.file().readFully(0, file);
          seeds.add(file);
        }
      }
    }
    return seeds.build();
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "2m")
  void header(byte[] file) throws IOException {
    SafeTensorsHeader header;
    try {
      header = HeaderParser.read(LABEL, PositionedBytes.of(file));
    } catch (ArrowQuantException e) {
      assertTrue(e.getMessage().contains("model.safetensors"), e.getMessage());
      return;
    }
    long end = 0;
    for (TensorInfo tensor : header.tensors()) {
      assertEquals(end, tensor.begin());
      assertEquals(tensor.elementCount() * tensor.dtype().bits(), tensor.byteSize() * 8);
      end = tensor.end();
    }
    assertEquals(file.length, header.dataStart() + end);
  }
}
