package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DequantizeCommandTest {

  @TempDir Path folder;
  private Path source;
  private Path model;

  @BeforeEach
  void quantize() {
    source = folder.resolve("source");
    model = folder.resolve("model");
    new SyntheticCheckpoint(200_000, DType.BF16, 1, 1).write(source, Progress.NONE);
    assertEquals(0, Ran.command("quantize", source, "-o", model, "-q").code());
  }

  @Test
  void theRestoredModelHasTheSameTensors() {
    Path back = folder.resolve("back");
    Ran ran = Ran.command("dequantize", model, "-o", back, "--json");
    assertEquals(0, ran.code(), ran.err());
    JsonNode said = ran.json();
    assertEquals(back.toString(), said.get("path").asText());
    assertTrue(said.get("dequantized_tensors").asInt() > 0);
    assertEquals(tensors(source), tensors(back));
    for (JsonNode file : said.get("files")) {
      assertTrue(Files.exists(back.resolve(file.asText())), file.asText());
    }
  }

  private static List<String> tensors(Path checkpoint) {
    List<String> tensors = new ArrayList<>();
    for (JsonNode tensor : Ran.command("inspect", checkpoint, "--json").json().get("tensor_list")) {
      tensors.add(tensor.get("name") + " " + tensor.get("dtype") + " " + tensor.get("shape"));
    }
    assertTrue(tensors.size() > 5);
    return tensors;
  }

  @Test
  void wrongUsageIsSaid() {
    Path file = folder.resolve("back.safetensors");
    assertEquals(2, Ran.command("dequantize", model, "-o", file, "--max-shard-size", "1g").code());
    assertEquals(2, Ran.command("dequantize", model, "-o", file, "--threads", "0").code());
    assertEquals(2, Ran.command("dequantize", model).code());
    assertEquals(3, Ran.command("dequantize", folder.resolve("no"), "-o", file).code());
    assertEquals(9, Ran.command("dequantize", source, "-o", file).code());
    assertEquals(11, Ran.command("dequantize", model, "-o", model.resolve("x")).code());
    assertEquals(0, Ran.command("dequantize", model, "-o", file, "-q").code());
    Ran again = Ran.command("dequantize", model, "-o", file);
    assertEquals(11, again.code());
    assertEquals(1, again.err().lines().count(), again.err());
    assertEquals(0, Ran.command("dequantize", model, "-o", file, "--overwrite").code());
  }
}
