package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.Ran;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {

  @TempDir Path folder;

  @Test
  void makesQuantizesValidatesAndQueries() {
    Path where = folder.resolve("it's here");
    Ran ran = Ran.command("demo", where, "--parameters", "2M");
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("Validated: all"), ran.out());
    assertTrue(ran.out().contains("histogram"), ran.out());
    assertTrue(ran.out().contains("first_weights"), ran.out());
    assertTrue(Files.exists(where.resolve("model-int4/model.json")));

    assertEquals(11, Ran.command("demo", where, "--parameters", "2M").code());
  }

  @Test
  void tellsProgramsToo() {
    Ran ran = Ran.command("demo", "--parameters", "2M", "--json", "--quiet");
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.json().get("validation").get("passed").booleanValue());
    assertEquals("", ran.err());
  }
}
