package io.arrowquant.core.safetensors;

import static io.arrowquant.core.safetensors.TestFiles.file;
import static io.arrowquant.core.safetensors.TestFiles.tensor;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.InvalidOffsetsException;
import io.arrowquant.core.StorageException;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class HeaderParserTest {

  private static final Path LABEL = Path.of("model.safetensors");

  @TempDir Path folder;

  @Test
  void whatIsReadIsWhatIsWritten() throws IOException {
    String header =
        "{\"__metadata__\":{\"z\":\"1\",\"a\":\"2\"},"
            + tensor("b", "BF16", "[2,3]", 4, 16)
            + ","
            + tensor("a", "F32", "[]", 0, 4)
            + "}";
    Path file = Files.write(folder.resolve("x.safetensors"), file(header, 12 + 4));

    SafeTensorsHeader read = HeaderParser.read(file);

    assertEquals(file, read.file());
    assertEquals(8 + header.length(), read.dataStart());
    assertEquals(List.of("z", "a"), List.copyOf(read.metadata().keySet()));
    assertEquals(
        List.of(
            new TensorInfo("a", DType.F32, List.of(), 0, 4),
            new TensorInfo("b", DType.BF16, List.of(2L, 3L), 4, 16)),
        read.tensors());
  }

  @Test
  void aHundredThousandTensors() {
    String header =
        IntStream.range(0, 100_000)
            .mapToObj(i -> tensor("layers." + i + ".weight", "U8", "[2,1]", 2L * i, 2L * i + 2))
            .collect(Collectors.joining(",", "{", "}"));
    SafeTensorsHeader read = HeaderParser.read(LABEL, PositionedBytes.of(file(header, 200_000)));
    assertEquals(100_000, read.tensors().size());
    assertEquals("layers.99999.weight", read.tensors().get(99_999).name());
  }

  /** Quadratic handling of equal hashes takes minutes here. */
  @Test
  void namesWithOneHash() {
    List<String> names =
        IntStream.range(0, 1 << 15)
            .mapToObj(
                i ->
                    IntStream.range(0, 15)
                        .mapToObj(bit -> ((i >> bit) & 1) == 0 ? "Aa" : "BB")
                        .collect(Collectors.joining()))
            .toList();
    assertEquals(names.get(0).hashCode(), names.get(names.size() - 1).hashCode());
    String header =
        names.stream()
                .map(n -> "\"" + n + "\":\"\"")
                .collect(Collectors.joining(",", "{\"__metadata__\":{", "},"))
            + names.stream()
                .map(n -> tensor(n, "U8", "[0]", 0, 0))
                .collect(Collectors.joining(",", "", "}"));
    SafeTensorsHeader read = HeaderParser.read(LABEL, PositionedBytes.of(file(header, 0)));
    assertEquals(1 << 15, read.tensors().size());
    assertEquals(1 << 15, read.metadata().size());
  }

  @Test
  void messagesNeitherPaintTheTerminalNorFillIt() {
    ArrowQuantException painted =
        refusedFor(tensor("\\u001b[31mred\\u0007\u202e", "F32", "[3]", 0, 8));
    assertEquals(
        "Tensor \"\\u{1b}[31mred\\u{7}\\u{202e}\" of \"model.safetensors\" takes 12 bytes by its shape"
            + " and dtype F32, but 8 by its offsets.",
        painted.getMessage());
    ArrowQuantException longName = refusedFor(tensor("n".repeat(1_000_000), "F32", "[3]", 0, 8));
    assertTrue(longName.getMessage().contains("(1000000 characters)"), longName.getMessage());
    assertTrue(longName.getMessage().length() < 400);
  }

  private static ArrowQuantException refusedFor(String field) {
    byte[] file = file("{" + field + "}", 8);
    return assertThrows(
        InvalidOffsetsException.class, () -> HeaderParser.read(LABEL, PositionedBytes.of(file)));
  }

  @Test
  void foreignFilesAreNamed() {
    for (Map.Entry<String, String> entry :
        Map.of("GGUF....", "GGUF", "version ", "git lfs pull", "<!DOCTYP", "web page").entrySet()) {
      byte[] file = entry.getKey().getBytes(StandardCharsets.ISO_8859_1);
      String message =
          assertThrows(
                  InvalidHeaderException.class,
                  () -> HeaderParser.read(LABEL, PositionedBytes.of(file)))
              .getMessage();
      assertTrue(message.contains(entry.getValue()), message);
    }
  }

  @Test
  void noSuchFile() {
    assertThrows(
        CheckpointNotFoundException.class, () -> HeaderParser.read(folder.resolve("absent")));
  }

  @Test
  void foldersPipesAndDevicesAreRefusedAtOnce() throws Exception {
    assertThrows(InvalidHeaderException.class, () -> HeaderParser.read(folder));
    assumeTrue(Files.exists(Path.of("/dev/zero")), "no devices here");
    assertThrows(InvalidHeaderException.class, () -> HeaderParser.read(Path.of("/dev/zero")));
    assertThrows(InvalidHeaderException.class, () -> HeaderParser.read(Path.of("/dev/null")));
    Path pipe = folder.resolve("pipe");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no mkfifo");
    assertThrows(InvalidHeaderException.class, () -> HeaderParser.read(pipe));
  }

  @Test
  void linksAreFollowedAndLoopsAreNot() throws IOException {
    Path file = Files.write(folder.resolve("blob"), file("{}", 0));
    Path link = Files.createSymbolicLink(folder.resolve("x.safetensors"), file.getFileName());
    assertEquals(link, HeaderParser.read(link).file());

    Path loop = folder.resolve("loop");
    Files.createSymbolicLink(loop, loop.getFileName());
    assertThrows(StorageException.class, () -> HeaderParser.read(loop));

    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("absent"));
    assertThrows(CheckpointNotFoundException.class, () -> HeaderParser.read(dangling));
  }

  @Test
  void aHugeSparseFileCostsOnlyItsHeader() throws IOException {
    Path file = folder.resolve("sparse.safetensors");
    long size = 1L << 40;
    byte[] start = file("{" + tensor("a", "F32", "[4,68719476736]", 0, size) + "}", 0);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(start);
      try {
        out.setLength(start.length + size);
      } catch (IOException e) {
        assumeTrue(false, "no sparse files of a tebibyte here");
      }
    }
    assertEquals(size, HeaderParser.read(file).tensors().get(0).byteSize());
  }

  @Test
  void aFileThatShrinksWhileItIsRead() {
    byte[] file = file("{}", 0);
    PositionedBytes shrinking =
        new PositionedBytes() {
          @Override
          public long size() {
            return 1000;
          }

          @Override
          public void readFully(long position, byte[] target) throws IOException {
            PositionedBytes.of(file).readFully(position, target);
            if (position > 0) {
              throw new EOFException();
            }
          }
        };
    assertThrows(StorageException.class, () -> HeaderParser.read(LABEL, shrinking));
  }
}
