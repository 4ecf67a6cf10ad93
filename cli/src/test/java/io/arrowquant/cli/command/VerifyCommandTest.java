package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.cli.Ran;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.IOException;
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

/** A model that is not what it says, or not what its source has. */
class VerifyCommandTest {

  private static final List<Long> MATRIX = List.of(64L, 96L);

  @TempDir Path folder;

  private Path source;
  private Path model;

  @BeforeEach
  void makeModel() throws IOException {
    source = checkpoint("source.safetensors", "proj.weight", DType.F32, MATRIX, 1);
    model = folder.resolve("model");
    Ran ran = Ran.command("quantize", source, "-o", model, "-q");
    assertEquals(0, ran.code(), ran.err());
  }

  @Test
  void aModelOfItsSourcePasses() {
    Ran ran = Ran.command("verify", model, "--source", source);
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("2 tensors decoded"), ran.out());
  }

  @Test
  void aFlippedByteIsNamedWithItsFileAndNothingIsCompared() throws IOException {
    Path part = model.resolve("weights/part-00000.parquet");
    byte[] bytes = Files.readAllBytes(part);
    bytes[bytes.length / 2] ^= 1;
    Files.write(part, bytes);

    Ran ran = Ran.command("verify", model, "--source", source);
    assertEquals(1, ran.code(), ran.err());
    assertTrue(ran.out().contains("Verification failed: "), ran.out());
    assertTrue(ran.out().contains("  weights/part-00000.parquet: "), ran.out());
    assertTrue(ran.out().contains("Not compared with the source: the model is damaged."));

    JsonNode json = Ran.command("verify", model, "--json").json();
    assertFalse(json.get("passed").booleanValue());
    assertEquals("weights/part-00000.parquet", json.at("/problems/0/where").textValue());
  }

  @Test
  void otherWeightsAreToldFromTheFiguresAndTheKeptValues() throws IOException {
    Path other = checkpoint("other.safetensors", "proj.weight", DType.F32, MATRIX, 2);
    Ran ran = Ran.command("verify", model, "--source", other);
    assertEquals(1, ran.code(), ran.err());
    assertTrue(ran.out().contains("Validation failed for 2 of 2 tensors"), ran.out());
    assertTrue(ran.out().contains("proj.weight: the stored cosine is "), ran.out());
    assertTrue(ran.out().contains("norm.bias: kept values differ from the source"), ran.out());

    JsonNode json = Ran.command("verify", model, "--source", other, "--json").json();
    assertFalse(json.get("passed").booleanValue());
    assertEquals("norm.bias", json.at("/source/problems/0/name").textValue());
  }

  @Test
  void anotherShapeOrDtypeIsToldWithBoth() throws IOException {
    Path wide = checkpoint("wide.safetensors", "proj.weight", DType.F32, List.of(96L, 64L), 1);
    String shape = Ran.command("verify", model, "--source", wide).out();
    assertTrue(
        shape.contains("proj.weight: the source has F32[96, 64], the model F32[64, 96]"), shape);
    Path half = checkpoint("half.safetensors", "proj.weight", DType.BF16, MATRIX, 1);
    String dtype = Ran.command("verify", model, "--source", half).out();
    assertTrue(
        dtype.contains("proj.weight: the source has BF16[64, 96], the model F32[64, 96]"), dtype);
  }

  @Test
  void aTensorThatTheSourceLacksIsTold() throws IOException {
    Path renamed = checkpoint("renamed.safetensors", "proj2.weight", DType.F32, MATRIX, 1);
    Ran ran = Ran.command("verify", model, "--source", renamed);
    assertEquals(1, ran.code(), ran.err());
    assertTrue(ran.out().contains("proj.weight: the source has no such tensor"), ran.out());
    assertTrue(ran.out().contains("Not in the model: proj2.weight"), ran.out());
  }

  private Path checkpoint(String name, String matrix, DType dtype, List<Long> shape, long seed)
      throws IOException {
    Random random = new Random(seed);
    List<Entry> tensors =
        List.of(new Entry(matrix, dtype, shape), new Entry("norm.bias", DType.F32, List.of(64L)));
    Path file = folder.resolve(name);
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), tensors)) {
      for (TensorInfo tensor : writer.order()) {
        writer.write(weights(tensor.dtype(), (int) tensor.elementCount(), random));
      }
    }
    return file;
  }

  private static ByteBuffer weights(DType dtype, int count, Random random) {
    ByteBuffer bytes = ByteBuffer.allocate(count * dtype.bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToRawIntBits((float) random.nextGaussian());
      if (dtype == DType.F32) {
        bytes.putInt(bits);
      } else {
        bytes.putShort((short) (bits >>> 16));
      }
    }
    return bytes.flip();
  }
}
