package io.arrowquant.core.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.checkpoint.QuantizedInput.Scheme;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TestFiles;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizedInputTest {

  @TempDir Path path;

  @ParameterizedTest
  @CsvSource({
    "l.qweight:I32 l.qzeros:I32 l.scales:F16,GPTQ_OR_AWQ",
    "l.qweight:I32 l.scales:F16,",
    "l.qweight:F16 l.qzeros:I32 l.scales:F16,",
    "l.weight:U8 l.weight.absmax:F32 l.weight.quant_map:F32,BITSANDBYTES",
    "l.weight:I8 l.SCB:F32,BITSANDBYTES",
    "l.weight_packed:I32 l.weight_scale:BF16,COMPRESSED_TENSORS",
    "l.weight_packed:U8 l.weight_scale:F8_E4M3,COMPRESSED_TENSORS",
    "l.weight:U32 l.scales:F16 l.biases:F16,MLX",
    "l.weight:U32 l.scales:F16,",
    "l.weight:F16 l.scales:F16 l.biases:F16,",
    "l.weight:I8 l.weight_scale:F32,INT8_WITH_SCALES",
    "l.weight:F8_E4M3 l.weight_scale:F32,",
    "l.weight:F8_E4M3 l.weight_scale_inv:F32,",
    "l.weight:I8 m.weight_scale:F32,",
    "l.weight:F32 l.bias:F32,",
  })
  void schemes(String tensors, Scheme expected) {
    StringBuilder header = new StringBuilder("{");
    int end = 0;
    for (String tensor : tensors.split(" ", -1)) {
      String[] parts = tensor.split(":", -1);
      int bytes = DType.named(parts[1]).orElseThrow().bits() / 8;
      header
          .append(end == 0 ? "" : ",")
          .append(TestFiles.tensor(parts[0], parts[1], "[1]", end, end + bytes));
      end += bytes;
    }
    new Folder(path).write("x.safetensors", TestFiles.file(header.append('}').toString(), end));

    Optional<QuantizedInput> found = Checkpoint.open(path).quantizedInput();

    assertEquals(Optional.ofNullable(expected), found.map(QuantizedInput::scheme));
    found.ifPresent(f -> assertTrue(f.evidence().contains("\"l."), f.evidence()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"quantization_config\":{\"quant_method\":\"awq\"}}|GPTQ_OR_AWQ",
        "{\"quantization_config\":{\"quant_method\":\"hqq\"}}|OTHER",
        "{\"quantization_config\":{\"quant_method\":\"fp8\"}}|",
        "{\"quantization\":{\"group_size\":64,\"bits\":4}}|MLX",
        "{\"quantization_config\":{}}|",
        "[]|",
      })
  void configurations(String config, Scheme expected) {
    new Folder(path).write("config.json", config);
    new Folder(path).file("model.safetensors", "a");
    assertEquals(
        Optional.ofNullable(expected),
        Checkpoint.open(path).quantizedInput().map(QuantizedInput::scheme));
  }

  @Test
  void plainModelsAreNotQuantized() {
    new Folder(path).file("model.safetensors", "a");
    assertEquals(Optional.empty(), Checkpoint.open(path).quantizedInput());
  }
}
