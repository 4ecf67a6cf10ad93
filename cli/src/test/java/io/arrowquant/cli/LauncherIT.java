package io.arrowquant.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.command.ExitCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The shell script, as a user starts it; runs after packaging. */
@DisabledOnOs(OS.WINDOWS)
class LauncherIT {

  private static final Path LAUNCHER = Path.of("..", "arrowquant").toAbsolutePath().normalize();
  private static final String JAVA_HOME = System.getProperty("java.home");

  @TempDir Path folder;

  private record Ended(int code, String out, String err) {}

  @Test
  void startsThroughASymbolicLinkFromAnywhereWithoutABuild() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("aq"), LAUNCHER);
    Ended ended = start(Map.of("JAVA_HOME", JAVA_HOME), link.toString(), "--version");
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains(System.getProperty("java.version")), ended.out());
    assertEquals("", ended.err());
  }

  @Test
  void passesArgumentsAndExitCodesOn() throws Exception {
    Ended ended =
        start(Map.of("JAVA_HOME", JAVA_HOME), LAUNCHER.toString(), "inspect", "no such *model");
    assertEquals(ExitCode.NOT_FOUND.number(), ended.code());
    assertTrue(ended.err().contains("no such *model"), ended.err());
  }

  @Test
  void refusesAnOldJavaInOneSentence() throws Exception {
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nexit 99\n");
    assertTrue(java.toFile().setExecutable(true));
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"11.0.2\"\n");
    Ended ended = start(Map.of("JAVA_HOME", folder.resolve("jdk").toString()), LAUNCHER.toString());
    assertEquals(ExitCode.INTERNAL.number(), ended.code());
    assertTrue(ended.err().contains("11.0.2"), ended.err());
    assertEquals(1, ended.err().lines().count(), ended.err());
  }

  @Test
  void saysWhereJavaHomeLeads() throws Exception {
    Ended ended = start(Map.of("JAVA_HOME", "/nowhere"), LAUNCHER.toString());
    assertEquals(ExitCode.INTERNAL.number(), ended.code());
    assertTrue(ended.err().contains("/nowhere"), ended.err());
  }

  /** What is replaced may be large, however small the model that replaces it. */
  @Test
  void theVectorApiIsForLargeInputsAlone() throws Exception {
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\necho \"$@\"\n");
    assertTrue(java.toFile().setExecutable(true));
    Files.writeString(
        folder.resolve("jdk/release"),
        "JAVA_VERSION=\"17.0.1\"\nMODULES=\"java.base jdk.incubator.vector\"\n");
    Path large = Files.createDirectory(folder.resolve("large"));
    try (RandomAccessFile sparse =
        new RandomAccessFile(large.resolve("model.safetensors").toFile(), "rw")) {
      sparse.setLength(2_100_000_000L);
    }
    String small = Files.createFile(folder.resolve("small.safetensors")).toString();
    assertTrue(asksForVectors("quantize", large.toString(), "-o", "out"));
    assertTrue(asksForVectors("quantize", "--input=" + large, "-o", "out"));
    assertTrue(asksForVectors("quantize", "-o", "out", "-i", "large"));
    assertFalse(asksForVectors("quantize", small, "-o", large.toString()));
    assertFalse(asksForVectors("quantize", "--output", large.toString(), small));
    assertFalse(asksForVectors("inspect", large.toString()));
  }

  private boolean asksForVectors(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(List.of(arguments));
    Ended ended =
        start(
            Map.of("JAVA_HOME", folder.resolve("jdk").toString()), command.toArray(String[]::new));
    assertEquals(0, ended.code(), ended.err());
    return ended.out().contains("--add-modules=jdk.incubator.vector");
  }

  private Ended start(Map<String, String> environment, String... command) throws Exception {
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(List.of(command))
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    builder.environment().remove("ARROWQUANT_JAVA_OPTS");
    int code = builder.start().waitFor();
    return new Ended(code, read(out), read(err));
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, UTF_8);
  }
}
