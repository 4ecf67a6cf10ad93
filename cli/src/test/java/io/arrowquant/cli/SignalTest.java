package io.arrowquant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C as a terminal sends it, to a process of its own. */
@DisabledOnOs(OS.WINDOWS)
class SignalTest {

  private static final int SIGINT = 2;

  @TempDir Path folder;

  @Test
  @Timeout(120)
  void leavesNothingOrWhatItWasAskedToKeep() throws Exception {
    assumeFalse(
        ignoresInterrupts(),
        "a build in a shell's background ignores Ctrl-C, and so do its children");
    Path model = folder.resolve("model");
    Path target = Files.createDirectory(folder.resolve("target"));
    new SyntheticCheckpoint(12_000_000, DType.F32, 1, 1).write(model, Progress.NONE);
    assertStopped(target, ".out.partial", "quantize", model, "-o", target.resolve("out"));
    assertEquals(List.of(), names(target));

    assertStopped(
        target, ".out.journal", "quantize", model, "-o", target.resolve("out"), "--resume");
    assertEquals(List.of(".out.journal"), names(target));
    Ran other = Ran.command("quantize", model, "-o", target.resolve("out"), "--resume", "-b", "8");
    assertEquals(8, other.code(), other.err());
  }

  private void assertStopped(Path target, String sign, Object... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--add-opens") || flag.startsWith("--enable-native"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    for (Object word : words) {
      command.add(word.toString());
    }
    command.addAll(List.of("--method", "best", "--threads", "1"));
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      while (!Files.exists(target.resolve(sign))) {
        assertTrue(process.isAlive(), Files.readString(log));
        Thread.sleep(20);
      }
      Thread.sleep(300);
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(130, process.exitValue(), Files.readString(log));
    } finally {
      process.destroyForcibly();
    }
  }

  /** Whether this process was started with SIGINT ignored, as Linux says it. */
  private static boolean ignoresInterrupts() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.exists(status)
        && Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .map(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
            .anyMatch(ignored -> (ignored & 1L << SIGINT - 1) != 0);
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
