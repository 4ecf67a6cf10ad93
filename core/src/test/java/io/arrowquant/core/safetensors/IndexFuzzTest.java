package io.arrowquant.core.safetensors;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.arrowquant.core.InvalidIndexException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes are an index whose shards lie in its folder, or refused by a typed error. */
class IndexFuzzTest {

  private static final Path LABEL = Path.of("model.safetensors.index.json");

  static Stream<byte[]> seeds() {
    return Stream.of(
            "{\"metadata\":{\"total_size\":12.5},\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"x/2.s\"}}",
            "{\"weight_map\":{\"\\u0061\\ud83d\\ude00\":\"./1\"},\"x\":[{\"y\":null},true,-1.5e3]}",
            "{\"weight_map\":{\"a\":\"../../etc/passwd\"}}",
            "{\"weight_map\":{\"a\":\"/etc/passwd\",\"a\":\"C:x\"}}",
            "{\"weight_map\":{}}")
        .map(json -> json.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "2m")
  void index(byte[] json) {
    SafeTensorsIndex index;
    try {
      index = IndexParser.parse(LABEL, json);
    } catch (InvalidIndexException e) {
      assertTrue(e.getMessage().contains("model.safetensors.index.json"), e.getMessage());
      return;
    }
    assertFalse(index.weightMap().isEmpty());
    Path folder = Path.of("/folder");
    for (Path shard : index.weightMap().values()) {
      Path resolved = folder.resolve(shard).normalize();
      assertTrue(resolved.startsWith(folder) && !resolved.equals(folder), shard.toString());
    }
  }
}
