package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.remote.LoopbackHub;
import io.arrowquant.core.remote.RemoteOptions;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tensor whose codes are too many to be held in memory until they are all measured. */
class LargeTensorTest {

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void write() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    OddCheckpoint.write(
        model.resolve("model.safetensors"),
        List.of(
            new Entry("a.weight", DType.BF16, List.of(100L, 512L)),
            new Entry("large.weight", DType.F8_E4M3, List.of(17_500L, 1024L)),
            new Entry("z.weight", DType.BF16, List.of(200L, 512L))));
  }

  private static ConfigBuilder config() {
    return DiffusionQuantConfig.builder().bitWidth(8).minAccuracy(0).threads(2);
  }

  private static ConfigBuilder tight() {
    return config().maxMemoryLimitMb(64);
  }

  private Map<String, ByteBuffer> quantize(Path source, ConfigBuilder config, String name)
      throws IOException {
    Path output = folder.resolve(name);
    new ArrowQuantV2().quantizeFromSafeTensors(source, output, config.build());
    Map<String, ByteBuffer> files = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(output)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        files.put(output.relativize(file).toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
      }
    }
    return files;
  }

  /** Accepted, or refused and kept. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 1})
  void theBytesDoNotDependOnHowSlicesAreHeld(double minAccuracy) throws IOException {
    Map<String, ByteBuffer> held = quantize(model, config().minAccuracy(minAccuracy), "held");
    Map<String, ByteBuffer> aside = quantize(model, tight().minAccuracy(minAccuracy), "aside");
    assertEquals(held, aside);
    String layers;
    try (QuantizedModel opened = QuantizedModel.open(folder.resolve("aside"))) {
      layers = opened.layers().get(1).quantType();
    }
    assertEquals(minAccuracy == 0 ? "int8" : "none", layers);
  }

  @Test
  void itsSourceIsFetchedOnce() throws IOException {
    try (LoopbackHub hub = new LoopbackHub(model)) {
      RemotePath remote =
          RemotePath.of(
              "hf://org/name", RemoteOptions.of(Map.of("HF_ENDPOINT", hub.endpoint()), folder));
      quantize(remote, tight(), "remote");
      long fetched = 0;
      for (LoopbackHub.Request request : hub.requests()) {
        if (request.path().startsWith("/cdn/") && request.range() != null) {
          String[] ends = request.range().replace("bytes=", "").split("-");
          fetched += Long.parseLong(ends[1]) - Long.parseLong(ends[0]) + 1;
        }
      }
      long size = Files.size(model.resolve("model.safetensors"));
      assertTrue(fetched >= size, fetched + " of " + size);
      assertTrue(fetched < 1.5 * size, fetched + " of " + size);
    }
  }
}
