package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.cli.Ran;
import io.arrowquant.core.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model of nothing but convolutions, which runtimes take no codes of. */
class ConvolutionsTest {

  private static final List<Entry> ENTRIES =
      List.of(
          new Entry("conv1.weight", DType.F32, List.of(64L, 129L, 3L)),
          new Entry("conv2.weight", DType.F32, List.of(64L, 64L, 3L)));

  @TempDir Path folder;

  private Path source;
  private Path model;

  @BeforeEach
  void write() {
    source = folder.resolve("model.safetensors");
    model = folder.resolve("quantized");
    Random random = new Random(1);
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(source, Map.of(), ENTRIES)) {
      for (Entry entry : ENTRIES) {
        ByteBuffer bytes =
            ByteBuffer.allocate((int) entry.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
          bytes.putFloat((float) random.nextGaussian());
        }
        writer.write(bytes.flip());
      }
    }
  }

  @Test
  void inspectSaysWhyARuntimeLosesNothing() {
    Ran ran = Ran.command("inspect", source, "--sample", 8);
    assertTrue(
        ran.out().contains("nothing quantized: target vllm takes no quantized convolutions"),
        ran.out());
    for (JsonNode preset :
        Ran.command("inspect", source, "--sample", 8, "--json").json().get("presets")) {
      assertEquals(
          preset.get("preset").textValue().contains("--for"),
          preset.has("kept_reason"),
          preset.toString());
    }
  }

  @Test
  void aRunThatQuantizesNothingSaysSoAndItsExportToo() {
    Ran run = Ran.command("quantize", source, "-o", model, "--for", "vllm", "-b", 8);
    assertEquals(0, run.code(), run.err());
    assertTrue(run.err().contains("warning: Nothing was quantized"), run.err());
    Path out = folder.resolve("export");
    Ran export = Ran.command("export", model, "-o", out, "--format", "compressed-tensors");
    assertEquals(0, export.code(), export.err());
    assertTrue(export.err().contains("Nothing is quantized in this export"), export.err());
    assertFalse(Files.exists(out.resolve("config.json")));
  }

  @Test
  void anExportNamesWhatItWritesAsFloats() {
    assertEquals(0, Ran.command("quantize", source, "-o", model, "-b", 8).code());
    Path out = folder.resolve("export");
    Object[] command = {"export", model, "-o", out, "--format", "gguf", "--requantize"};
    Ran export = Ran.command(command);
    assertEquals(0, export.code(), export.err());
    assertTrue(
        export.out().contains("conv1.weight: as f32, 387 columns are no multiple of 32"),
        export.out());
    assertFalse(export.out().contains("conv2.weight: as f32"), export.out());
    assertFalse(export.err().contains("Nothing is quantized"), export.err());
  }
}
