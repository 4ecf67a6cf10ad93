package io.arrowquant.core.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.core.ArrowQuantException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class HeaderPropertiesTest {

  private static final Path LABEL = Path.of("model.safetensors");
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Model(List<TensorInfo> tensors, Map<String, String> metadata, long seed) {

    byte[] file() throws IOException {
      ObjectNode header = JSON.createObjectNode();
      if (!metadata.isEmpty()) {
        header.set("__metadata__", JSON.valueToTree(metadata));
      }
      List<TensorInfo> shuffled = new ArrayList<>(tensors);
      Collections.shuffle(shuffled, new Random(seed));
      for (TensorInfo tensor : shuffled) {
        ObjectNode field = header.putObject(tensor.name());
        field.put("dtype", tensor.dtype().name());
        field.set("shape", JSON.valueToTree(tensor.shape()));
        field.putArray("data_offsets").add(tensor.begin()).add(tensor.end());
      }
      long end = tensors.isEmpty() ? 0 : tensors.get(tensors.size() - 1).end();
      return TestFiles.file(JSON.writeValueAsBytes(header), (int) end);
    }
  }

  @Provide
  Arbitrary<Model> models() {
    Arbitrary<String> name =
        Arbitraries.strings()
            .withChars("abc._/\\\"\u0000\u001b \u00e9\u4e2d")
            .ofMaxLength(6)
            .filter(n -> !n.equals("__metadata__"));
    Arbitrary<List<Long>> shape = Arbitraries.longs().between(0, 4).list().ofMaxSize(4);
    Arbitrary<DType> dtype = Arbitraries.of(DType.class).filter(d -> !d.subByte());
    Arbitrary<Map<String, String>> metadata = Arbitraries.maps(name, name).ofMaxSize(3);
    Arbitrary<List<Map.Entry<List<Long>, DType>>> kinds =
        Combinators.combine(shape, dtype).as(Map::entry).list().ofSize(8);
    return Combinators.combine(name.set().ofMaxSize(8), kinds, metadata, Arbitraries.longs())
        .as(
            (names, types, meta, seed) -> {
              List<TensorInfo> tensors = new ArrayList<>();
              long begin = 0;
              for (String n : names) {
                var type = types.get(tensors.size());
                long bytes =
                    type.getKey().stream().reduce(1L, (a, b) -> a * b) * type.getValue().bits() / 8;
                tensors.add(
                    new TensorInfo(n, type.getValue(), type.getKey(), begin, begin + bytes));
                begin += bytes;
              }
              return new Model(tensors, meta, seed);
            });
  }

  @Property(tries = 150)
  void aValidHeaderComesBack(@ForAll("models") Model model) throws IOException {
    SafeTensorsHeader header = HeaderParser.read(LABEL, PositionedBytes.of(model.file()));
    assertEquals(model.metadata(), header.metadata());
    assertEquals(model.tensors().size(), header.tensors().size());
    assertTrue(header.tensors().containsAll(model.tensors()));
  }

  @Property(tries = 500)
  void aDamagedFileIsReadOrRefusedByAnErrorOfTheFamily(
      @ForAll("models") Model model,
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 0, max = 999) Integer> places,
      @ForAll byte value,
      @ForAll @IntRange(min = 0, max = 3) int kind)
      throws IOException {
    byte[] file = model.file();
    for (int place : places) {
      int at = (int) ((long) place * file.length / 1000);
      switch (kind) {
        case 0 -> file[at] = value;
        case 1 -> file[at] ^= (byte) (1 << (value & 7));
        case 2 -> file = Arrays.copyOf(file, at + 1);
        default -> file[at] = (byte) "{}[]\",:-0e\\u".charAt(value & 7);
      }
    }
    PositionedBytes bytes = PositionedBytes.of(file);
    try {
      SafeTensorsHeader header = HeaderParser.read(LABEL, bytes);
      assertEquals(file.length, header.fileSize());
    } catch (ArrowQuantException e) {
      assertTrue(e.getMessage().contains("model.safetensors"));
    }
  }

  @Property(tries = 300)
  void anyBytesAreReadOrRefused(@ForAll byte[] header) {
    try {
      HeaderParser.read(LABEL, PositionedBytes.of(TestFiles.file(header, 0)));
    } catch (ArrowQuantException e) {
      assertTrue(e.getMessage().contains("model.safetensors"));
    }
  }
}
