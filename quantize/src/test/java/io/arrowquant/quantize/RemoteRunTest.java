package io.arrowquant.quantize;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.Progress;
import io.arrowquant.core.RemoteException;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.remote.Fault;
import io.arrowquant.core.remote.LoopbackHub;
import io.arrowquant.core.remote.RemoteOptions;
import io.arrowquant.core.remote.RemotePath;
import io.arrowquant.core.remote.RetryPolicy;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.pipeline.RunOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A model quantized from a server is the model quantized from disk, whatever the server does. */
class RemoteRunTest {

  private static final List<Fault> PASSING =
      Stream.of(Fault.values()).filter(f -> f.passes() && !f.name().startsWith("STALL")).toList();

  @TempDir Path folder;

  private Path model;
  private LoopbackHub hub;
  private int runs;

  @BeforeEach
  void serve() throws IOException {
    model = Files.createDirectory(folder.resolve("model"));
    List<Entry> big =
        List.of(
            new Entry("blocks.1.big.weight", DType.BF16, List.of(1100L, 1024L)),
            new Entry("blocks.8.big.weight", DType.F32, List.of(1030L, 1200L)));
    OddCheckpoint.write(model.resolve("model-00001-of-00002.safetensors"), OddCheckpoint.TENSORS);
    OddCheckpoint.write(model.resolve("model-00002-of-00002.safetensors"), big);
    List<String> map = new ArrayList<>();
    OddCheckpoint.TENSORS.forEach(
        t -> map.add("\"%s\": \"model-00001-of-00002.safetensors\"".formatted(t.name())));
    big.forEach(t -> map.add("\"%s\": \"model-00002-of-00002.safetensors\"".formatted(t.name())));
    Files.writeString(
        model.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {" + String.join(", ", map) + "}}");
    Files.writeString(model.resolve("config.json"), "{\"model_type\": \"odd\"}");
    Files.writeString(model.resolve("tokenizer.json"), "{}");
    hub = new LoopbackHub(model);
  }

  @AfterEach
  void stop() {
    hub.close();
    Thread.interrupted();
  }

  private static ConfigBuilder config() {
    return DiffusionQuantConfig.builder()
        .bitWidth(4)
        .layerBitWidth("blocks.2.*", 3)
        .minAccuracy(0)
        .threads(2);
  }

  private RemotePath address(String address) {
    return address(address, hub);
  }

  private RemotePath address(String address, LoopbackHub server) {
    return RemotePath.of(
        address,
        RemoteOptions.of(Map.of("HF_ENDPOINT", server.endpoint()), folder)
            .withRetry(new RetryPolicy(8, Duration.ofMillis(1), Duration.ofSeconds(2)))
            .withStall(Duration.ofMillis(1500)));
  }

  private RemotePath onHub() {
    return address("hf://org/name");
  }

  private Map<String, ByteBuffer> quantize(Path source, DiffusionQuantConfig config)
      throws IOException {
    Path output = folder.resolve("out-" + runs++);
    new ArrowQuantV2()
        .quantizeFromSafeTensors(source, output, config, RunOptions.DEFAULT, Progress.NONE);
    Map<String, ByteBuffer> files = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(output)) {
      for (Path file : tree.filter(Files::isRegularFile).toList()) {
        files.put(output.relativize(file).toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
      }
    }
    return files;
  }

  /** All bytes are equal, those of the manifest but for where the source came from. */
  private static void assertSame(Map<String, ByteBuffer> expected, Map<String, ByteBuffer> found)
      throws IOException {
    assertEquals(expected.keySet(), found.keySet());
    for (String name : expected.keySet()) {
      if (name.equals("model.json")) {
        assertEquals(withoutOrigin(expected.get(name)), withoutOrigin(found.get(name)));
      } else {
        assertEquals(-1, expected.get(name).mismatch(found.get(name)), name);
      }
    }
  }

  private static JsonNode withoutOrigin(ByteBuffer manifest) throws IOException {
    JsonNode json = new ObjectMapper().readTree(UTF_8.decode(manifest.duplicate()).toString());
    json.path("source").forEach(file -> ((ObjectNode) file).remove("origin"));
    return json;
  }

  @Test
  void theSameBytesAsFromDiskAndWhereTheyCameFrom() throws IOException {
    Map<String, ByteBuffer> remote = quantize(onHub(), config().build());
    assertSame(quantize(model, config().build()), remote);
    JsonNode source = new ObjectMapper().readTree(remote.get("model.json").array()).path("source");
    for (JsonNode file : source) {
      assertEquals(LoopbackHub.COMMIT, file.path("origin").path("commit").asText());
      assertTrue(file.path("origin").path("etag").asText().startsWith("linked-"));
      assertTrue(file.path("origin").path("address").asText().startsWith("hf://org/name/model-"));
      assertTrue(file.path("size").asLong() > 0);
    }
    assertFalse(remote.get("model.json").toString().contains("X-Sig"));
  }

  @Test
  void anIndexOnAnyServer() throws IOException {
    Files.delete(model.resolve("tokenizer.json"));
    Path remote = address(hub.files() + "/model.safetensors.index.json");
    assertSame(quantize(model, config().build()), quantize(remote, config().build()));
  }

  @Test
  void whatLiesBetweenMatricesComesWithThem() throws IOException {
    Path layers = Files.createDirectory(folder.resolve("layers"));
    List<Entry> tensors = new ArrayList<>();
    for (int i = 10; i < 22; i++) {
      tensors.add(new Entry("blocks." + i + ".bias", DType.BF16, List.of(1024L)));
      tensors.add(new Entry("blocks." + i + ".weight", DType.BF16, List.of(256L, 1024L)));
    }
    OddCheckpoint.write(layers.resolve("model.safetensors"), tensors);
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder().bitWidth(4).minAccuracy(0).maxMemoryLimitMb(64).build();
    Map<String, ByteBuffer> expected = quantize(layers, config);
    try (LoopbackHub served = new LoopbackHub(layers)) {
      RemotePath remote = address(served.files() + "/model.safetensors");
      assertSame(expected, quantize(remote, config));
      Map<Long, Long> asked = new TreeMap<>();
      for (LoopbackHub.Request request : served.requests()) {
        String[] range = request.range().replace("bytes=", "").split("-");
        asked.merge(Long.parseLong(range[0]), Long.parseLong(range[1]) + 1, Math::max);
      }
      asked.remove(0L); // the header
      long end = 0;
      for (Map.Entry<Long, Long> range : asked.entrySet()) {
        assertTrue(range.getKey() >= end, "asked for twice: " + asked);
        end = range.getValue();
      }
      assertEquals(asked.size() + 1, served.requests().size(), "no range twice: " + asked);
      assertTrue(served.requests().size() < 8, "no request for each bias: " + asked);
    }
  }

  /** The plan goes by names; in the file, the last is first. */
  @Test
  void neighboursComeTogetherWhateverTheirNames() throws IOException {
    Path layers = Files.createDirectory(folder.resolve("backwards"));
    List<Entry> tensors = new ArrayList<>();
    for (int i = 21; i >= 10; i--) {
      tensors.add(new Entry("blocks." + i + ".weight", DType.BF16, List.of(64L, 256L)));
      tensors.add(new Entry("blocks." + i + ".bias", DType.BF16, List.of(256L)));
    }
    OddCheckpoint.write(layers.resolve("model.safetensors"), tensors);
    DiffusionQuantConfig config = DiffusionQuantConfig.builder().bitWidth(4).minAccuracy(0).build();
    Map<String, ByteBuffer> expected = quantize(layers, config);
    try (LoopbackHub served = new LoopbackHub(layers)) {
      assertSame(expected, quantize(address(served.files() + "/model.safetensors"), config));
      assertTrue(served.requests().size() < 5, "requests: " + served.requests());
    }
  }

  @Test
  void aQuantizedModelOnAServerIsSaidToBeOne() throws IOException {
    Path quantized = folder.resolve("quantized");
    new ArrowQuantV2().quantizeFromSafeTensors(model, quantized, config().build());
    try (LoopbackHub served = new LoopbackHub(quantized)) {
      RemotePath remote = address(served.files() + "/");
      RemoteException e = assertThrows(RemoteException.class, () -> QuantizedModel.open(remote));
      assertTrue(e.getMessage().contains("quantized model on a server"), e.getMessage());
      for (String way : List.of(served.files() + "/", "hf://org/name")) {
        RemotePath source = address(way, served);
        e = assertThrows(RemoteException.class, () -> quantize(source, config().build()), way);
        assertTrue(e.getMessage().contains("quantized model on a server"), e.getMessage());
      }
    }
  }

  @Test
  void aTargetSizeFromAServer() throws IOException {
    DiffusionQuantConfig config = DiffusionQuantConfig.builder().targetBpw(6).build();
    assertSame(quantize(model, config), quantize(onHub(), config));
  }

  @Test
  void aServerWithoutRangesIsReadThroughADownload() throws IOException {
    hub.fail(r -> r.path().startsWith("/cdn/") ? Fault.NO_RANGES : null);
    RemoteException e =
        assertThrows(RemoteException.class, () -> quantize(onHub(), config().build()));
    assertTrue(e.getMessage().contains("--download"), e.getMessage());
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    RemotePath downloading = onHub().downloading(temporary);
    AtomicInteger asked = new AtomicInteger();
    hub.fail(
        r ->
            !r.path().startsWith("/cdn/")
                ? null
                : asked.getAndIncrement() == 0 ? Fault.SHORT_BODY : Fault.NO_RANGES);
    assertSame(quantize(model, config().build()), quantize(downloading, config().build()));
    downloading.deleteCopies();
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachFaultInARun(Fault fault) throws IOException {
    Map<String, ByteBuffer> expected = quantize(model, config().build());
    Random random = new Random(fault.ordinal());
    for (int round = 0; round < (fault.name().startsWith("STALL") ? 1 : 2); round++) {
      int at = 2 + random.nextInt(4); // beyond the headers of both shards
      AtomicInteger asked = new AtomicInteger();
      hub.fail(
          r -> {
            boolean due = r.path().startsWith("/cdn/") && asked.getAndIncrement() == at;
            return due ? fault : null;
          });
      boolean refused =
          switch (fault) {
            case CHANGED_ETAG, CHANGED_SIZE, OTHER_RANGE, NO_CONTENT_RANGE, UNKNOWN_TOTAL -> true;
            case NO_RANGES, COMPRESSED, REDIRECT_NOWHERE -> true;
            default -> false;
          };
      if (refused) {
        int output = runs;
        assertThrows(RemoteException.class, () -> quantize(onHub(), config().build()));
        assertFalse(Files.exists(folder.resolve("out-" + output)), "nothing half-written");
      } else {
        assertSame(expected, quantize(onHub(), config().build()));
      }
      assertTrue(asked.get() > at, "the fault came up: " + asked);
    }
  }

  /** Faults at one request in twenty; {@code -Darrowquant.soak=200} for the long form. */
  @Test
  void soak() throws IOException {
    int count = Integer.getInteger("arrowquant.soak", 15);
    DiffusionQuantConfig config = config().maxMemoryLimitMb(64).build();
    Map<String, ByteBuffer> expected = quantize(model, config);
    AtomicInteger faults = new AtomicInteger();
    for (int run = 0; run < count; run++) {
      Random random = new Random(run);
      hub.fail(
          r -> {
            synchronized (random) {
              if (random.nextInt(20) > 0) {
                return null;
              }
              faults.incrementAndGet();
              return PASSING.get(random.nextInt(PASSING.size()));
            }
          });
      Path output = folder.resolve("soak");
      QuantizationResult result =
          new ArrowQuantV2()
              .quantizeFromSafeTensors(
                  onHub(), output, config, RunOptions.DEFAULT.withOverwrite(true), Progress.NONE);
      assertTrue(result.peakMemoryBytes() <= 64L << 20, "peak " + result.peakMemoryBytes());
      for (Map.Entry<String, ByteBuffer> file : expected.entrySet()) {
        if (!file.getKey().equals("model.json")) {
          ByteBuffer found = ByteBuffer.wrap(Files.readAllBytes(output.resolve(file.getKey())));
          assertEquals(-1, file.getValue().mismatch(found), "run " + run + ", " + file.getKey());
        }
      }
    }
    assertTrue(faults.get() >= count / 4, faults + " faults in " + count + " runs");
  }

  @Test
  void aBrokenRunGoesOnToTheSameBytes() throws IOException {
    Map<String, ByteBuffer> expected = quantize(model, config().build());
    Path output = folder.resolve("resumed");
    RunOptions resuming = RunOptions.DEFAULT.withResume(true);
    AtomicInteger asked = new AtomicInteger();
    hub.fail(
        r -> r.path().startsWith("/cdn/") && asked.getAndIncrement() == 4 ? Fault.NO_RANGES : null);
    ArrowQuantV2 quantizer = new ArrowQuantV2();
    assertThrows(
        RemoteException.class,
        () ->
            quantizer.quantizeFromSafeTensors(
                onHub(), output, config().threads(1).build(), resuming, Progress.NONE));
    assertFalse(Files.exists(output));
    hub.fail(r -> null);
    quantizer.quantizeFromSafeTensors(onHub(), output, config().build(), resuming, Progress.NONE);
    for (Map.Entry<String, ByteBuffer> file : expected.entrySet()) {
      if (!file.getKey().equals("model.json")) {
        ByteBuffer found = ByteBuffer.wrap(Files.readAllBytes(output.resolve(file.getKey())));
        assertEquals(-1, file.getValue().mismatch(found), file.getKey());
      }
    }
  }

  @Test
  void cancellingARunThatWaitsForTheServerLeavesNothing() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    hub.fail(
        r -> r.path().startsWith("/cdn/") && asked.getAndIncrement() >= 2 ? Fault.STALL : null);
    Path output = folder.resolve("cancelled");
    CompletableFuture<QuantizationResult> run =
        new ArrowQuantV2().quantizeAsync(onHub(), output, config().build(), Progress.NONE);
    while (asked.get() < 3) {
      Thread.sleep(5);
    }
    run.cancel(true);
    try (Stream<Path> left = Files.list(folder)) {
      assertTrue(left.noneMatch(p -> p.getFileName().toString().equals("cancelled")));
    }
  }

  @Test
  void validationReadsTheServerToo() throws IOException {
    Path output = folder.resolve("validated");
    DiffusionQuantConfig config = config().build();
    ArrowQuantV2 quantizer = new ArrowQuantV2();
    RemotePath source = onHub();
    quantizer.quantizeFromSafeTensors(source, output, config);
    assertTrue(quantizer.validate(source, output, config).passed());
    assertInstanceOf(RunInterruptedException.class, interrupted(source, output));
  }

  private static Throwable interrupted(Path source, Path output) {
    Thread.currentThread().interrupt();
    return assertThrows(
        RuntimeException.class,
        () ->
            new ArrowQuantV2()
                .quantizeFromSafeTensors(
                    source,
                    output,
                    config().build(),
                    RunOptions.DEFAULT.withOverwrite(true),
                    Progress.NONE));
  }
}
