package io.arrowquant.quantize.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Target;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.quantize.export.IndependentDecoder.Gguf;
import io.arrowquant.quantize.export.IndependentDecoder.Raw;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Bytes worked out by hand. Rows are {@code (u - z) * scale} with u counting up from 0, so that the
 * unsigned codes are known; the zero point z, counted from the least code, is 8 in the first row (a
 * signed 0), 0 in the second and 3 in the third.
 */
class GoldenExportTest {

  /** u = 0, 1, ... 15 and again: nibbles, the first lowest. */
  private static final String COUNTING = "1032547698badcfe1032547698badcfe";

  @TempDir Path folder;

  private static double four(int row, int column) {
    int u = column % 16;
    return switch (row) {
      case 0 -> (u - 8) * 0.5;
      case 1 -> (u - 0) * 0.25;
      default -> (u - 3) * 0.5;
    };
  }

  @Test
  void mlxAtFourBits() throws IOException {
    Map<String, Raw> tensors =
        IndependentDecoder.safeTensors(export(Target.MLX, 4, 3, i -> four(i / 32, i % 32)));
    assertRaw(tensors.get("lin.weight"), "U32", List.of(3L, 4L), COUNTING.repeat(3));
    // 0.5, 0.25 and 0.5; -8 * 0.5, -0 * 0.25 and -3 * 0.5.
    assertRaw(tensors.get("lin.scales"), "F16", List.of(3L, 1L), "003800340038");
    assertRaw(tensors.get("lin.biases"), "F16", List.of(3L, 1L), "00c4000000be");
    JsonNode config = config();
    assertEquals(4, config.at("/quantization/bits").asInt());
    assertEquals(32, config.at("/quantization/group_size").asInt());
  }

  @Test
  void mlxAtThreeBits() throws IOException {
    Map<String, Raw> tensors =
        IndependentDecoder.safeTensors(export(Target.MLX, 3, 1, i -> (i % 8 - 4) * 0.5));
    // 0 to 7 in three bits each: 7<<21 | 6<<18 | 5<<15 | 4<<12 | 3<<9 | 2<<6 | 1<<3 = 0xfac688.
    assertRaw(tensors.get("lin.weight"), "U32", List.of(1L, 3L), "88c6fa".repeat(4));
    assertRaw(tensors.get("lin.biases"), "F16", List.of(1L, 1L), "00c0"); // -4 * 0.5
  }

  @Test
  void compressedTensorsSymmetric() throws IOException {
    Map<String, Raw> tensors =
        IndependentDecoder.safeTensors(export(Target.VLLM, 4, 2, i -> (i % 16 - 8) * 0.5));
    assertRaw(tensors.get("lin.weight_packed"), "I32", List.of(2L, 4L), COUNTING.repeat(2));
    assertRaw(tensors.get("lin.weight_scale"), "F16", List.of(2L, 1L), "00380038");
    assertRaw(
        tensors.get("lin.weight_shape"), "I64", List.of(2L), "02000000000000002000000000000000");
    assertNull(tensors.get("lin.weight_zero_point"));
    JsonNode scheme = config().at("/quantization_config/config_groups/group_0/weights");
    assertTrue(scheme.get("symmetric").asBoolean());
    assertEquals(4, scheme.get("num_bits").asInt());
    assertEquals(32, scheme.get("group_size").asInt());
  }

  @Test
  void compressedTensorsAsymmetric() throws IOException {
    Map<String, Raw> tensors =
        IndependentDecoder.safeTensors(
            export(Target.VLLM_ASYMMETRIC, 4, 3, i -> four(i / 32, i % 32)));
    assertRaw(tensors.get("lin.weight_packed"), "I32", List.of(3L, 4L), COUNTING.repeat(3));
    // Zero points 8, 0 and 3 of the rows, the first row's in the lowest bits: 0x308.
    assertRaw(tensors.get("lin.weight_zero_point"), "I32", List.of(1L, 1L), "08030000");
    assertFalse(
        config()
            .at("/quantization_config/config_groups/group_0/weights/symmetric")
            .asBoolean(true));
  }

  @Test
  void ggufAtFourBits() throws IOException {
    Gguf symmetric =
        IndependentDecoder.gguf(
            export(Target.GGUF, 4, 1, i -> (i % 16 - 8) * 0.5).resolve("model.gguf"));
    // Weights j and j + 16 share a byte and have the same u here.
    String halves = "00112233445566778899aabbccddeeff";
    assertRaw(symmetric.tensors().get("lin.weight"), "Q4_0", List.of(1L, 32L), "0038" + halves);
    assertEquals("unknown", symmetric.pairs().get("general.architecture"));
    Gguf affine =
        IndependentDecoder.gguf(
            export(Target.GGUF_Q4_1, 4, 3, i -> four(i / 32, i % 32)).resolve("model.gguf"));
    assertRaw(
        affine.tensors().get("lin.weight"),
        "Q4_1",
        List.of(3L, 32L),
        "003800c4" + halves + "00340000" + halves + "003800be" + halves);
  }

  @Test
  void ggufAtEightBits() throws IOException {
    Gguf gguf =
        IndependentDecoder.gguf(
            export(Target.GGUF, 8, 1, i -> (8 * i - 128) * 0.25).resolve("model.gguf"));
    // 0.25, then the codes -128, -120, ... 120 as they are.
    assertRaw(
        gguf.tensors().get("lin.weight"),
        "Q8_0",
        List.of(1L, 32L),
        "0034" + "80889098a0a8b0b8c0c8d0d8e0e8f0f8" + "00081018202830384048505860687078");
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeAByteIsWritten() {
    Path plain = quantize(builder -> builder.groupSize(32), 4, 8, i -> Math.sin(i * 0.7));
    Path out = folder.resolve("refused");
    for (Target.Format format : List.of(Target.Format.COMPRESSED_TENSORS, Target.Format.GGUF)) {
      String reason = refusal(ExportOptions.of(format), plain, out);
      assertTrue(reason.contains("lin.weight") && reason.contains("--for"), reason);
      assertFalse(Files.exists(out));
    }
    Path wide = quantize(builder -> builder.groupSize(16), 4, 8, i -> Math.sin(i));
    assertTrue(refusal(ExportOptions.of(Target.Format.MLX), wide, out).contains("groups of"));
    Path three = quantize(builder -> builder.groupSize(32), 3, 8, i -> Math.sin(i));
    assertTrue(refusal(ExportOptions.of(Target.Format.GGUF), three, out).contains("widths"));
  }

  @Test
  void ggufTellsTheShapeOfWhatItFlattens() throws IOException {
    Entry video = new Entry("patch.weight", DType.F32, List.of(2L, 3L, 1L, 2L, 2L));
    Gguf gguf =
        IndependentDecoder.gguf(exportKept(Target.Format.GGUF, video).resolve("model.gguf"));
    assertEquals(List.of(2L, 12L), gguf.tensors().get("patch.weight").shape());
    assertEquals(List.of(2, 3, 1, 2, 2), gguf.pairs().get("comfy.gguf.orig_shape.patch.weight"));
    ByteBuffer bytes = gguf.tensors().get("patch.weight").buffer();
    for (int i = 0; i < 24; i++) {
      assertEquals(i, bytes.getFloat());
    }
  }

  @Test
  void ggufRefusesNamesThatAreTooLong() {
    Entry named = new Entry("x".repeat(128), DType.F32, List.of(4L));
    String reason =
        assertThrows(InvalidConfigException.class, () -> exportKept(Target.Format.GGUF, named))
            .getMessage();
    assertTrue(reason.contains("127") && reason.contains("128"), reason);
    assertFalse(Files.exists(folder.resolve("export")));
  }

  /** What GGUF has a type for is there bit for bit. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F16", "BF16", "F64", "I8", "I16", "I32", "I64"})
  void ggufKeepsTheseDtypes(DType dtype) throws IOException {
    Entry entry = new Entry("kept", dtype, List.of(4L, 8L));
    Raw kept =
        IndependentDecoder.gguf(exportKept(Target.Format.GGUF, entry).resolve("model.gguf"))
            .tensors()
            .get("kept");
    assertEquals(dtype.name(), kept.type());
    assertArrayEquals(counting(entry).array(), kept.bytes());
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"U8", "BOOL", "U64"})
  void ggufHasNoTypeForOthersAndSaysSo(DType dtype) {
    Entry entry = new Entry("kept", dtype, List.of(4L, 8L));
    String reason =
        assertThrows(InvalidConfigException.class, () -> exportKept(Target.Format.GGUF, entry))
            .getMessage();
    assertTrue(reason.contains("kept") && reason.contains(dtype.name()), reason);
  }

  /**
   * Rows that no group of MLX divides become floats; those behind them in the same page, whose
   * codes begin within a byte, are packed anew with the same numbers.
   */
  @ParameterizedTest
  @FieldSource("io.arrowquant.core.config.CodeLimits#BIT_WIDTHS")
  void rowsBehindOddOnesKeepTheirNumbers(int bits) throws IOException {
    List<Entry> entries =
        List.of(
            new Entry("a.weight", DType.F32, List.of(3L, 45L)),
            new Entry("b.weight", DType.F32, List.of(70L, 64L)));
    int codes = 1 << bits;
    Path model =
        quantize(
            builder -> builder.groupSize(32).method(Method.FAST),
            bits,
            entries,
            // Whole multiples of a half, with the least and the greatest in each group.
            i -> (i < 135 ? i % 7 : ((i - 135) % 2 == 0 ? (i - 135) % codes : codes - 1)) * 0.5);
    Path output = folder.resolve("odd");
    ExportResult result =
        new ModelExporter(ExportOptions.of(Target.Format.MLX).withRequantize(true))
            .export(model, output, Progress.NONE);
    Map<String, Raw> tensors = IndependentDecoder.safeTensors(output);
    assertEquals("F32", tensors.get("a.weight").type(), result.layers().toString());
    assertEquals("U32", tensors.get("b.weight").type(), result.layers().toString());
    float[] floats = new float[135];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = IndependentDecoder.number(tensors.get("a.weight"), i);
    }
    try (BufferAllocator allocator = new RootAllocator();
        QuantizedModel quantized = QuantizedModel.open(model)) {
      assertArrayEquals(decoded(quantized, "a.weight", allocator), floats);
      assertArrayEquals(
          decoded(quantized, "b.weight", allocator),
          IndependentDecoder.mlx(tensors, "b.weight", bits, 32));
    }
  }

  private static float[] decoded(QuantizedModel model, String layer, BufferAllocator allocator) {
    try (Float4Vector weights = model.dequantize(layer, allocator)) {
      float[] values = new float[weights.getValueCount()];
      for (int i = 0; i < values.length; i++) {
        values[i] = weights.get(i);
      }
      return values;
    }
  }

  /** A model of one tensor, of 0, 1, 2 and so on, which is kept. */
  private Path exportKept(Target.Format format, Entry entry) {
    Path input = folder.resolve("kept.safetensors");
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(input, Map.of(), List.of(entry))) {
      writer.write(counting(entry));
    }
    Path model = folder.resolve("kept");
    new ArrowQuantV2()
        .quantizeFromSafeTensors(input, model, DiffusionQuantConfig.builder().keepAll().build());
    Path output = folder.resolve("export");
    new ModelExporter(ExportOptions.of(format)).export(model, output, Progress.NONE);
    return output;
  }

  private static ByteBuffer counting(Entry entry) {
    ByteBuffer bytes = ByteBuffer.allocate((int) entry.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; bytes.hasRemaining(); i++) {
      if (entry.dtype() == DType.F32) {
        bytes.putFloat(i);
      } else {
        bytes.put((byte) (entry.dtype() == DType.BOOL ? i % 2 : i));
      }
    }
    return bytes.flip();
  }

  @Test
  void requantizesOnDemandAndSaysHowGoodThatIs() throws IOException {
    Path plain = quantize(builder -> builder.groupSize(16), 4, 8, i -> Math.sin(i * 0.7));
    Path out = folder.resolve("anew");
    ExportResult result =
        new ModelExporter(ExportOptions.of(Target.Format.GGUF).withRequantize(true))
            .export(plain, out, Progress.NONE);
    assertEquals("Q4_0", result.layers().get(0).type());
    double sqnr = result.layers().get(0).sqnrDb().orElseThrow();
    float[] decoded =
        IndependentDecoder.blocks(
            IndependentDecoder.gguf(out.resolve("model.gguf")).tensors().get("lin.weight"));
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < decoded.length; i++) {
      signal += Math.pow(Math.sin(i * 0.7), 2);
      noise += Math.pow(Math.sin(i * 0.7) - decoded[i], 2);
    }
    assertTrue(sqnr > 18, "SQNR " + sqnr);
    assertTrue(10 * Math.log10(signal / noise) > 17);
    assertThrows(
        OutputExistsException.class,
        () ->
            new ModelExporter(ExportOptions.of(Target.Format.GGUF))
                .export(plain, out, Progress.NONE));
  }

  /** Steps of 24 bits times codes of 8 are rounded in float32, by less than is said. */
  @Test
  void saysHowFarRoundingTakesTheProductsOfALongStep() throws IOException {
    Path model =
        quantize(b -> b.method(Method.RATE).groupSize(32), 4, 64, i -> Math.sin(i * i * 0.37));
    Path out = folder.resolve("rounded");
    ExportResult.Layer layer =
        new ModelExporter(ExportOptions.of(Target.Format.MLX))
            .export(model, out, Progress.NONE)
            .layers()
            .get(0);
    Map<String, Raw> tensors = IndependentDecoder.safeTensors(out);
    float[] exported = IndependentDecoder.mlx(tensors, "lin.weight", 8, 32);
    double worst = 0;
    try (BufferAllocator allocator = new RootAllocator();
        QuantizedModel opened = QuantizedModel.open(model);
        Float4Vector weights = opened.dequantize("lin.weight", allocator)) {
      for (int i = 0; i < exported.length; i++) {
        float step = IndependentDecoder.number(tensors.get("lin.scales"), i / 32);
        worst = Math.max(worst, Math.abs((double) exported[i] - weights.get(i)) / step);
      }
    }
    assertFalse(layer.exact());
    assertTrue(worst > 0 && worst <= layer.offsetSteps(), worst + " of " + layer.offsetSteps());
    assertTrue(layer.offsetSteps() < 1e-4, "at most " + layer.offsetSteps());
  }

  private String refusal(ExportOptions options, Path model, Path out) {
    return assertThrows(
            InvalidConfigException.class,
            () -> new ModelExporter(options).export(model, out, Progress.NONE))
        .getMessage();
  }

  private JsonNode config() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("export/config.json").toFile());
  }

  private Path export(Target target, int bits, int rows, IntToDoubleFunction weights) {
    Path model = quantize(b -> b.target(target).groupSize(32), bits, rows, weights);
    Path output = folder.resolve("export");
    ExportResult result =
        new ModelExporter(ExportOptions.of(target.format()).withOverwrite(true))
            .export(model, output, Progress.NONE);
    assertEquals(List.of(), result.inexact());
    return output;
  }

  private int models;

  private Path quantize(
      UnaryOperator<ConfigBuilder> settings, int bits, int rows, IntToDoubleFunction weights) {
    Entry linear = new Entry("lin.weight", DType.F32, List.of((long) rows, 32L));
    return quantize(settings, bits, List.of(linear), weights);
  }

  private Path quantize(
      UnaryOperator<ConfigBuilder> settings,
      int bits,
      List<Entry> entries,
      IntToDoubleFunction weights) {
    Path input = folder.resolve("input" + models + ".safetensors");
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(input, Map.of(), entries)) {
      int next = 0;
      for (TensorInfo tensor : writer.order()) {
        int count = (int) tensor.elementCount();
        ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
          bytes.putFloat((float) weights.applyAsDouble(next++));
        }
        writer.write(bytes.flip());
      }
    }
    Path output = folder.resolve("model" + models++);
    ConfigBuilder builder =
        DiffusionQuantConfig.builder().bitWidth(bits).quantize("*").minAccuracy(0);
    new ArrowQuantV2().quantizeFromSafeTensors(input, output, settings.apply(builder).build());
    return output;
  }

  private static void assertRaw(Raw actual, String type, List<Long> shape, String hex) {
    assertEquals(type, actual.type());
    assertEquals(shape, actual.shape());
    assertEquals(hex, HexFormat.of().formatHex(actual.bytes()));
  }
}
