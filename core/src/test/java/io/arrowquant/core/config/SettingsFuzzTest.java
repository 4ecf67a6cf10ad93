package io.arrowquant.core.config;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.arrowquant.core.InvalidConfigException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes are settings, as YAML and as JSON, or refused by a typed error. */
class SettingsFuzzTest {

  static Stream<byte[]> seeds() {
    return Stream.of(
            "bit_width: 4\ngroup_size: 64\nmethod: best\nprofile: edge\n",
            "keep: ['*.norm', lm_head]\nlayer_bit_widths: {'a.*': 8, b: 16}\n",
            "tensor_types:\n  - 'attn=int8:g64'\n  - '\\.ff\\.=int3'\nmin_accuracy: .9\n",
            "{\"bit_width\": \"none\", \"threads\": 2, \"sensitive_layer_patterns\": [\"^a+$\"]}",
            "a: &a [x, x]\nb: [*a, *a]\nkeep: *a\n",
            "bit_width: 4\nbit_width: 4\n",
            "? [a]\n: !!java.net.URL ['http://x']\n",
            "bit_width: 0x4\ngroup_size: 1_28\nmin_sqnr: .inf\nfail_fast: yes\n")
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "2m")
  void settings(byte[] content) {
    for (String name : new String[] {"settings.yaml", "settings.json"}) {
      try {
        assertNotNull(SettingsFile.parse(Path.of(name), content).values());
      } catch (InvalidConfigException e) {
        assertNotNull(e.getMessage());
      }
    }
  }
}
