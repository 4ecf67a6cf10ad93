package io.arrowquant.core.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuleFileTest {

  @TempDir Path folder;

  @Test
  void aRuleALineWithRemarksAndBlankLines() throws IOException {
    Path file = write("# of attention\n  attn=int8:g64  \n\n\\.ff\\.=int3\n#=int4\n");
    assertArrayEquals(new String[] {"attn=int8:g64", "\\.ff\\.=int3"}, RuleFile.read(file));
    assertEquals(0, RuleFile.read(write("")).length);
  }

  @Test
  void aLineThatIsNoRuleIsNamedByItsNumber() throws IOException {
    String message = refusal(write("a=int4\n\nb=int7\n"));
    assertTrue(message.startsWith("Line 3 of "), message);
    assertTrue(message.contains("\"b=int7\""), message);
  }

  @Test
  void whatIsNoSuchFileIsRefused() throws IOException {
    assertTrue(refusal(folder.resolve("none")).startsWith("There is no file of types "));
    Path binary = Files.write(folder.resolve("binary"), new byte[] {'a', '=', (byte) 0xff});
    assertTrue(refusal(binary).endsWith(" is not text in UTF-8."));
    Path large = Files.write(folder.resolve("large"), new byte[(1 << 20) + 1]);
    assertTrue(refusal(large).endsWith(" is larger than 1 MiB."));
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("rules"), text);
  }

  private static String refusal(Path file) {
    return assertThrows(InvalidConfigException.class, () -> RuleFile.read(file)).getMessage();
  }
}
