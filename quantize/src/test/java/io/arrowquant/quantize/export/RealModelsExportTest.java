package io.arrowquant.quantize.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.ArrowQuantV2;
import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.quantize.export.IndependentDecoder.Gguf;
import io.arrowquant.quantize.export.IndependentDecoder.Raw;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exports of trained models mean, to a decoder of its own, the numbers that the model holds. */
class RealModelsExportTest {

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "silero_vad_16k, MLX, 4, FAST",
    "silero_vad_16k, MLX, 3, BEST",
    "silero_vad_16k, VLLM, 8, FAST",
    "silero_vad_16k, VLLM_ASYMMETRIC, 4, BEST",
    "silero_vad_16k, GGUF, 8, BEST",
    "silero_vad_16k, GGUF_Q4_1, 4, FAST",
    "taef2_decoder, MLX, 2, BEST",
    "taef2_decoder, MLX, 5, FAST",
    "taef2_decoder, MLX, 6, FAST",
    "taef2_decoder, MLX, 8, FAST",
    "taef2_decoder, VLLM, 4, BEST",
    "taef2_decoder, VLLM_ASYMMETRIC, 4, FAST",
    "taef2_decoder, GGUF, 4, BEST",
    "derived_taef2_decoder_bf16, MLX, 4, BEST",
    "derived_taef2_decoder_bf16, VLLM, 4, FAST",
    "derived_taef2_decoder_bf16, GGUF, 8, FAST"
  })
  void exactExportsAreEqual(String name, Target target, int bits, Method method)
      throws IOException {
    Path input =
        Path.of(System.getProperty("arrowquant.shared", "absent")).resolve(name + ".safetensors");
    assumeTrue(Files.exists(input), "skipped: no real models at " + input);
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .bitWidth(bits)
            .method(method)
            .target(target)
            .minAccuracy(0)
            // Convolutions are kept unless they are named: here they stand for linear layers.
            .quantize("*.weight")
            .build();
    Path model = folder.resolve("model");
    new ArrowQuantV2().quantizeFromSafeTensors(input, model, config);
    Path output = folder.resolve("export");
    ExportResult result =
        new ModelExporter(ExportOptions.of(target.format())).export(model, output, Progress.NONE);
    assertEquals(java.util.List.of(), result.inexact());
    int packed = compare(model, output, target.format());
    assertTrue(packed >= 3, packed + " layers are quantized");
  }

  private static int compare(Path model, Path output, Target.Format format) throws IOException {
    int packed = 0;
    Gguf gguf =
        format == Target.Format.GGUF ? IndependentDecoder.gguf(output.resolve("model.gguf")) : null;
    Map<String, Raw> tensors =
        gguf == null ? IndependentDecoder.safeTensors(output) : gguf.tensors();
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel quantized = QuantizedModel.open(model)) {
      for (LayerRecord layer : quantized.layers()) {
        try (Float4Vector expected = quantized.dequantize(layer.name(), allocator)) {
          float[] actual = decode(tensors, layer, format);
          assertEquals(expected.getValueCount(), actual.length, layer.name());
          float[] values = new float[actual.length];
          for (int i = 0; i < values.length; i++) {
            values[i] = expected.get(i);
          }
          assertArrayEquals(values, actual, layer.name());
        }
        packed += layer.quantization() == null ? 0 : 1;
      }
    }
    return packed;
  }

  private static float[] decode(Map<String, Raw> tensors, LayerRecord layer, Target.Format format) {
    if (layer.quantization() == null) {
      Raw raw = tensors.get(layer.name());
      float[] values = new float[(int) raw.count()];
      for (int i = 0; i < values.length; i++) {
        values[i] = IndependentDecoder.number(raw, i);
      }
      return values;
    }
    int bits = layer.quantization().bitWidth();
    int groupSize = layer.quantization().groupSize();
    return switch (format) {
      case MLX -> IndependentDecoder.mlx(tensors, layer.name(), bits, groupSize);
      case COMPRESSED_TENSORS ->
          IndependentDecoder.packQuantized(tensors, layer.name(), bits, groupSize);
      case GGUF -> IndependentDecoder.blocks(tensors.get(layer.name()));
    };
  }
}
