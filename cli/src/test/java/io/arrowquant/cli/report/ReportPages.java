package io.arrowquant.cli.report;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.ArrowQuantV2;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A small model, one of its names as hostile as may be. */
public final class ReportPages {

  static final String HOSTILE = "</script><img src=x onerror=\"document.title='hurt'\">&'.weight";

  private ReportPages() {}

  public static Path checkpoint(Path folder) {
    Path file = folder.resolve("model.safetensors");
    List<Entry> entries =
        List.of(
            new Entry(HOSTILE, DType.F32, List.of(64L, 128L)),
            new Entry("a.bias", DType.F32, List.of(64L)),
            new Entry("a.weight", DType.F32, List.of(64L, 128L)));
    Random random = new Random(9);
    try (SafeTensorsWriter writer = SafeTensorsWriter.create(file, Map.of(), entries)) {
      while (writer.current().isPresent()) {
        var tensor = writer.current().get();
        ByteBuffer bytes =
            ByteBuffer.allocate((int) tensor.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        // The hostile one loses most: outliers.
        double power = tensor.name().equals(HOSTILE) ? 3 : 1;
        while (bytes.hasRemaining()) {
          bytes.putFloat((float) Math.pow(random.nextGaussian(), power));
        }
        writer.write(bytes.flip());
      }
    }
    return file;
  }

  public static Path quantized(Path folder, Path source) {
    return quantized(folder, source, Method.FAST, 4, "out");
  }

  public static Path quantized(Path folder, Path source, Method method, int bits, String name) {
    Path model = folder.resolve(name);
    new ArrowQuantV2()
        .quantizeFromSafeTensors(
            source,
            model,
            DiffusionQuantConfig.builder()
                .method(method)
                .bitWidth(bits)
                .groupSize(128)
                .minAccuracy(0.1)
                .build());
    return model;
  }
}
