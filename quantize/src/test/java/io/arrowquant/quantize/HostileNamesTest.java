package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.tensor.SafeTensorsAdapter;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.verify.ModelVerifier;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Names are data: whatever they are, their tensors come back bit for bit, and nothing else is made.
 */
class HostileNamesTest {

  private static final int MANY = Boolean.getBoolean("arrowquant.large") ? 100_000 : 3_000;

  private static final List<String> NAMES =
      List.of(
          "../../etc/x",
          "/etc/passwd",
          "a/b",
          "a.b",
          "a_b",
          "A.B",
          "a\\b",
          ".",
          "..",
          " ",
          "con",
          "\u00e9",
          "e\u0301",
          "\u00c5",
          "\u212b",
          "\ufb01",
          "fi",
          "\ud83d\ude00",
          "\u202eevil",
          "\u0000",
          "\u001b[31mred",
          "new\nline",
          "'; DROP TABLE layers; --",
          "\" or 1=1",
          "<script>alert(1)</script>",
          "&amp;&lt;",
          "%s%n%x",
          "{0}${x}",
          "$(rm -rf /)",
          "`x`",
          "null",
          "layer_name",
          "[*]?",
          "(a+)+$",
          "n".repeat(1_000_000),
          "n".repeat(999_999) + "m");

  @TempDir Path folder;

  @Test
  void comeBackBitForBit() throws IOException {
    roundTrip(NAMES, List.of(DType.F32, DType.BF16, DType.I64, DType.U8, DType.F8_E4M3));
  }

  @Test
  void manyTensors() throws IOException {
    roundTrip(
        IntStream.range(0, MANY).mapToObj(i -> "layers." + i + ".bias").toList(),
        List.of(DType.BF16));
  }

  private void roundTrip(List<String> names, List<DType> dtypes) throws IOException {
    Path input = folder.resolve("model.safetensors");
    List<Entry> entries = new ArrayList<>();
    for (String name : names) {
      DType dtype = dtypes.get(entries.size() % dtypes.size());
      entries.add(new Entry(name, dtype, List.of(1L + entries.size() % 7)));
    }
    write(input, entries);
    Path model = folder.resolve("model");
    ArrowQuantV2 arrowQuant = new ArrowQuantV2();
    QuantizationResult result =
        arrowQuant.quantizeFromSafeTensors(
            input, model, DiffusionQuantConfig.builder().keepAll().build());
    assertEquals(
        names.stream().sorted().toList(), result.layers().stream().map(LayerRecord::name).toList());
    assertEquals(List.of(), new ModelVerifier(model, 1).verify(Progress.NONE).problems());
    Path back = folder.resolve("back");
    arrowQuant.dequantize(model, back);
    assertTrue(tensors(input).equals(tensors(back)), "tensors differ");
    try (Stream<Path> made = Files.list(folder)) {
      assertEquals(List.of(back, model, input), made.sorted().toList(), "nothing else may be made");
    }
  }

  private static void write(Path file, List<Entry> entries) {
    Random random = new Random(3);
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        byte[] bytes = new byte[(int) writer.current().get().byteSize()];
        random.nextBytes(bytes);
        writer.write(ByteBuffer.wrap(bytes));
      }
    }
  }

  private static Map<String, ByteBuffer> tensors(Path checkpoint) {
    Map<String, ByteBuffer> tensors = new TreeMap<>();
    try (RootAllocator allocator = new RootAllocator();
        SafeTensorsAdapter adapter = SafeTensorsAdapter.load(checkpoint, allocator)) {
      for (String name : adapter.tensorNames()) {
        try (FieldVector vector = adapter.tensorFlat(name)) {
          ArrowBuf data = vector.getDataBuffer();
          byte[] bytes = new byte[(int) adapter.tensorInfo(name).byteSize()];
          data.getBytes(0, bytes);
          tensors.put(name + adapter.tensorInfo(name).dtype(), ByteBuffer.wrap(bytes));
        }
      }
    }
    return tensors;
  }
}
