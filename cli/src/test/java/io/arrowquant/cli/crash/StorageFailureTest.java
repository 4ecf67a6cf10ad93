package io.arrowquant.cli.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.arrowquant.cli.command.ExitCode;
import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks that are full, read-only or not ours: a clear error, nothing lost, nothing left. */
class StorageFailureTest {

  private static final String NAMESPACE = "unshare --user --map-root-user --mount true";
  private static final String NO_PRIVILEGE =
      "setpriv --bounding-set=-dac_override,-dac_read_search";

  @TempDir static Path folder;
  private static Path model;
  private static Path old;

  @BeforeAll
  static void makeModel() throws InterruptedException {
    model = folder.resolve("model");
    new SyntheticCheckpoint(6_000_000, DType.BF16, 1, 1).write(model, Progress.NONE);
    old = folder.resolve("old");
    assertEquals(0, Fork.run("quantize", model, "-q", "-o", old, "--bits", 2).code());
  }

  /** The old model fits on the disk, the new one beside it does not. */
  @Test
  void aFullDisk() throws Exception {
    Fork.Ended ended = onDisk("size=5m", "cp -r " + old + " DISK/out", "--bits", 8, "--overwrite");
    assertEquals(ExitCode.STORAGE.number(), ended.code(), ended.text());
    assertTrue(ended.text().contains("No space left on device"), ended.text());
    assertTrue(ended.text().contains("left: out"), ended.text());
    assertTrue(ended.text().contains("same as before"), ended.text());
  }

  @Test
  void aReadOnlyDisk() throws Exception {
    Fork.Ended ended = onDisk("ro", "true");
    assertEquals(ExitCode.STORAGE.number(), ended.code(), ended.text());
    assertTrue(ended.text().contains("Read-only file system"), ended.text());
  }

  /** Quantizes onto a disk of its own, then says what is on it. */
  private static Fork.Ended onDisk(String options, String before, Object... more) throws Exception {
    assumeTrue(succeeds(NAMESPACE), "no mounts of one's own here: not tried");
    Path disk = Files.createTempDirectory(folder, "disk");
    Object[] command =
        Stream.concat(
                Stream.of("quantize", model, "-q", "-o", disk.resolve("out")), Stream.of(more))
            .toArray();
    String run =
        Fork.command(command).stream().map(w -> "'" + w + "'").collect(Collectors.joining(" "));
    String script =
        ("mount -t tmpfs -o OPTIONS none DISK && BEFORE && RUN; code=$?; "
                + "echo left: $(ls -A DISK); diff -r DISK/out OLD && echo same as before; exit $code")
            .replace("OPTIONS", options)
            .replace("BEFORE", before)
            .replace("RUN", run)
            .replace("OLD", old.toString())
            .replace("DISK", disk.toString());
    List<String> words = new ArrayList<>(List.of(NAMESPACE.split(" ")));
    words.remove("true");
    words.addAll(List.of("sh", "-c", script));
    return Fork.start(words).end();
  }

  /** A limit on the size of files fails a write in its middle, as a quota does. */
  @Test
  void aFileThatMayGrowNoLarger() throws Exception {
    assumeTrue(succeeds("prlimit --version"), "no prlimit here: not tried");
    Path out = Files.createDirectory(folder.resolve("limited")).resolve("out");
    Fork.Ended ended = prefixed("prlimit --fsize=1000000", "quantize", model, "-q", "-o", out);
    assertEquals(ExitCode.STORAGE.number(), ended.code(), ended.text());
    assertTrue(ended.text().contains("File too large"), ended.text());
    assertNothingIn(out.getParent());
  }

  @Test
  void aFolderThatMayNotBeWritten() throws Exception {
    Path locked = Files.createDirectory(folder.resolve("locked"));
    Fork.Ended ended =
        withPermissions(locked, "r-xr-xr-x", "quantize", model, "-o", locked.resolve("out"));
    assertEquals(ExitCode.STORAGE.number(), ended.code(), ended.text());
    assertTrue(ended.text().contains("permission denied"), ended.text());
    assertNothingIn(locked);
  }

  @Test
  void aCheckpointThatMayNotBeRead() throws Exception {
    Path copy = Files.createDirectory(folder.resolve("secret"));
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    Path file = copy.resolve("diffusion_pytorch_model.safetensors");
    Path out = folder.resolve("from-secret");
    Fork.Ended ended = withPermissions(file, "---------", "quantize", copy, "-o", out);
    assertEquals(ExitCode.STORAGE.number(), ended.code(), ended.text());
    assertTrue(ended.text().contains("permission denied"), ended.text());
    assertFalse(Files.exists(out));
  }

  @Test
  void twoRunsOnOneTarget() throws Exception {
    Path target = Files.createDirectory(folder.resolve("contested"));
    Path out = target.resolve("out");
    List<Fork> runs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      runs.add(Fork.start("quantize", model, "-q", "-o", out, "--bits", 4));
    }
    int done = 0;
    for (Fork run : runs) {
      Fork.Ended ended = run.end();
      if (ended.code() == 0) {
        done++;
      } else {
        assertEquals(ExitCode.EXISTS.number(), ended.code(), ended.text());
        assertTrue(
            ended.text().contains("Another run is writing") || ended.text().contains("exists"),
            ended.text());
      }
    }
    assertEquals(1, done);
    assertEquals(0, Fork.run("quantize", model, "-q", "-o", folder.resolve("calm")).code());
    assertEquals(FolderBytes.of(folder.resolve("calm")), FolderBytes.of(out));
    try (Stream<Path> left = Files.list(target)) {
      assertEquals(List.of(out), left.toList());
    }
  }

  private static Fork.Ended withPermissions(Path path, String permissions, Object... command)
      throws Exception {
    boolean root = "root".equals(System.getProperty("user.name"));
    assumeTrue(!root || succeeds(NO_PRIVILEGE + " true"), "root and no setpriv: not tried");
    var before = Files.getPosixFilePermissions(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    try {
      return prefixed(root ? NO_PRIVILEGE : "env", command);
    } finally {
      Files.setPosixFilePermissions(path, before);
    }
  }

  private static Fork.Ended prefixed(String prefix, Object... command) throws Exception {
    List<String> words = new ArrayList<>(List.of(prefix.split(" ")));
    words.addAll(Fork.command(command));
    return Fork.start(words).end();
  }

  private static void assertNothingIn(Path folder) throws IOException {
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  private static boolean succeeds(String command) throws InterruptedException {
    try {
      return new ProcessBuilder(command.split(" ")).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }
}
