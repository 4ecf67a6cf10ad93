package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {

  @TempDir Path folder;

  @Test
  void countsAShardedCheckpoint() {
    SyntheticCheckpoint checkpoint = new SyntheticCheckpoint(200_000, DType.F16, 3, 1);
    checkpoint.write(folder, Progress.NONE);

    Ran ran = Ran.command("inspect", "--json", folder);
    assertEquals(0, ran.code(), ran.err());
    JsonNode json = ran.json();
    assertEquals(checkpoint.parameterCount(), json.get("parameters").longValue());
    assertEquals(checkpoint.byteSize(), json.get("bytes").longValue());
    assertEquals(json.get("tensors").intValue(), json.get("dtypes").get("F16").intValue());
    assertEquals(json.get("tensors").intValue(), json.get("tensor_list").size());
    assertTrue(json.get("files").intValue() >= 3);
    assertTrue(json.hasNonNull("modality"));
  }

  @Test
  void theTextNamesTheLargestTensors() {
    new SyntheticCheckpoint(200_000, DType.BF16, 1, 1).write(folder, Progress.NONE);
    Ran ran = Ran.command("inspect", folder);
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("BF16"), ran.out());
    assertTrue(ran.out().contains("transformer_blocks.0.ff.net.0.proj.weight"), ran.out());
  }

  @Test
  void readsARealModel() {
    Path model = Path.of(System.getProperty("arrowquant.shared"), "silero_vad_16k.safetensors");
    assumeTrue(Files.exists(model), "real models are not here");
    JsonNode json = Ran.command("inspect", "--json", model).json();
    assertEquals(15, json.get("tensors").intValue());
    assertEquals(309_633, json.get("parameters").longValue());
  }
}
