package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model of a given size: bits go where they save the most error. */
class TargetSizeTest {

  @TempDir Path folder;
  private Path input;
  private long parameters;

  @BeforeEach
  void write() {
    input = folder.resolve("model.safetensors");
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      entries.add(new Entry("block" + i + ".weight", DType.F32, List.of(100L + 13L * i, 512L)));
      entries.add(new Entry("block" + i + ".bias", DType.F32, List.of(512L)));
    }
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(input, Map.of(), entries)) {
      for (TensorInfo tensor : writer.order()) {
        Random random = new Random(tensor.name().hashCode());
        double scale = Math.pow(10, random.nextDouble() * 2 - 2);
        int count = (int) tensor.elementCount();
        ByteBuffer bytes = ByteBuffer.allocate(count * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
          bytes.putFloat((float) (random.nextGaussian() * scale));
        }
        writer.write(bytes.flip());
        parameters += count;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {3.2, 4.25, 5.5, 7})
  void landsWithinOnePercentUnderTheTargetOrSaysWhyNot(double bpw) {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().targetBpw(bpw).layerBitWidth("block3.weight", 8).build();
    Path output = folder.resolve("out");
    QuantizationResult result = new ArrowQuantV2().quantizeFromSafeTensors(input, output, config);
    boolean said = result.notes().stream().anyMatch(note -> note.contains("under the target"));
    assertTrue(
        result.bitsPerWeight() <= bpw && result.bitsPerWeight() >= bpw * (said ? 0.97 : 0.99),
        () -> result.bitsPerWeight() + " " + result.notes());
    LayerRecord pinned =
        result.layers().stream().filter(l -> l.name().equals("block3.weight")).findFirst().get();
    assertEquals(8, pinned.quantization().bitWidth());
    assertTrue(new ArrowQuantV2().validate(input, output, config).passed());
  }

  /** At the size of a uniform model, the allocated one has less error. */
  @Test
  void beatsOneWidthForAll() {
    QuantizationResult uniform =
        new ArrowQuantV2().quantizeFromSafeTensors(input, folder.resolve("a"), 4);
    QuantizationResult allocated =
        new ArrowQuantV2()
            .quantizeFromSafeTensors(
                input,
                folder.resolve("b"),
                DiffusionQuantConfig.builder().targetModelSizeMb(uniform.modelSizeMb()).build());
    assertTrue(allocated.storedBytes() <= uniform.storedBytes());
    assertTrue(
        allocated.sqnrDb() > uniform.sqnrDb() + 1,
        allocated.sqnrDb() + " dB against " + uniform.sqnrDb());
  }

  @Test
  void sensitiveTensorsGetMoreBits() {
    DiffusionQuantConfig plain = DiffusionQuantConfig.builder().targetBpw(4.5).build();
    DiffusionQuantConfig sensitive =
        DiffusionQuantConfig.builder().targetBpw(4.5).sensitivity("block1?.*", 1e6).build();
    assertTrue(
        widths(folder.resolve("b"), sensitive) >= widths(folder.resolve("a"), plain) + 10,
        "bits of ten tensors");
  }

  /** Sum of the widths of ten blocks. */
  private int widths(Path output, DiffusionQuantConfig config) {
    QuantizationResult result = new ArrowQuantV2().quantizeFromSafeTensors(input, output, config);
    assertTrue(result.bitsPerWeight() <= 4.5);
    return result.layers().stream()
        .filter(layer -> layer.name().matches("block1\\d\\.weight"))
        .mapToInt(layer -> layer.quantization().bitWidth())
        .sum();
  }

  @Test
  void whatCannotBeIsSaid() {
    DiffusionQuantConfig tiny = DiffusionQuantConfig.builder().targetBpw(1).build();
    InvalidConfigException e =
        assertThrows(
            InvalidConfigException.class,
            () -> new ArrowQuantV2().quantizeFromSafeTensors(input, folder.resolve("a"), tiny));
    assertTrue(e.getMessage().contains("smallest"), e.getMessage());
    QuantizationResult large =
        new ArrowQuantV2()
            .quantizeFromSafeTensors(
                input, folder.resolve("b"), DiffusionQuantConfig.builder().targetBpw(20).build());
    assertTrue(large.notes().get(0).contains("under the target"), large.notes().toString());
    assertTrue(parameters > 0 && large.bitsPerWeight() < 10);
  }
}
