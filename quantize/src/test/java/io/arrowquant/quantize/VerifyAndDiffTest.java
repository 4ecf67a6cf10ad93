package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.diff.ModelDifference;
import io.arrowquant.quantize.diff.TensorDifference;
import io.arrowquant.quantize.diff.TensorDifference.Change;
import io.arrowquant.quantize.verify.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage is found wherever it is; differences are told for what they are. */
class VerifyAndDiffTest {

  private static final ArrowQuantV2 ARROW_QUANT = new ArrowQuantV2();

  @TempDir Path folder;
  private Path source;
  private Path model;

  @BeforeEach
  void quantize() {
    source = folder.resolve("odd.safetensors");
    OddCheckpoint.write(source, OddCheckpoint.TENSORS);
    model = quantized("model", 4);
  }

  private Path quantized(String name, int bits) {
    Path output = folder.resolve(name);
    ARROW_QUANT.quantizeFromSafeTensors(source, output, bits);
    return output;
  }

  @Test
  void aSoundModelPasses() {
    Verification found = ARROW_QUANT.verify(model);
    assertEquals(List.of(), found.problems());
    assertEquals(OddCheckpoint.TENSORS.size(), found.tensors());
    assertTrue(found.files() >= 2);
  }

  @Test
  void everyFlippedByteIsFound() throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(model)) {
      files = tree.filter(f -> f.toString().endsWith(".parquet")).sorted().toList();
    }
    Random random = new Random(1);
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      for (int i = 0; i < 8; i++) {
        int at = random.nextInt(bytes.length);
        byte[] damaged = bytes.clone();
        damaged[at] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, damaged);
        assertFalse(ARROW_QUANT.verify(model).passed(), file + " at " + at);
      }
      Files.write(file, bytes);
    }
    assertTrue(ARROW_QUANT.verify(model).passed());
  }

  @Test
  void missingShortAndStrangeFilesAreNamed() throws IOException {
    Path part = model.resolve("weights/part-00000.parquet");
    Path stranger = Files.copy(part, model.resolve("weights/part-99999.parquet"));
    assertProblem("weights/part-99999.parquet", "not in the manifest");
    Files.delete(stranger);
    byte[] bytes = Files.readAllBytes(part);
    Files.write(part, Arrays.copyOf(bytes, bytes.length - 100));
    assertProblem("weights/part-00000.parquet", "expected " + bytes.length);
    Files.delete(part);
    assertProblem("weights/part-00000.parquet", "is missing");
    Files.delete(model.resolve("model.json"));
    assertThrows(InvalidModelException.class, () -> ARROW_QUANT.verify(model));
  }

  /** A manifest that lies, with files that are sound in themselves. */
  @Test
  void aPartOfAnotherModelIsFound() throws IOException {
    Path other = quantized("other", 8);
    Path manifest = model.resolve("model.json");
    String text = Files.readString(manifest);
    Path layers = model.resolve("layers.parquet");
    byte[] own = Files.readAllBytes(layers);
    Files.copy(other.resolve("layers.parquet"), layers, StandardCopyOption.REPLACE_EXISTING);
    assertFalse(ARROW_QUANT.verify(model).passed());
    Files.write(layers, own);
    Files.writeString(manifest, text.replaceFirst("\"parameters\" : \\d+", "\"parameters\" : 7"));
    assertProblem("model.json", "says 7 parameters");
  }

  private void assertProblem(String where, String what) {
    Verification found = ARROW_QUANT.verify(model);
    assertTrue(
        found.problems().stream().anyMatch(p -> p.where().equals(where) && p.what().contains(what)),
        found.problems().toString());
  }

  private static ModelDifference diff(Path before, Path after) {
    return ARROW_QUANT.diff(before, after, 2, Progress.NONE);
  }

  private static TensorDifference of(ModelDifference difference, String name) {
    return difference.tensors().stream()
        .filter(t -> t.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aModelDiffersFromItsSourceByWhatItSaysItLost() {
    ModelDifference difference = diff(source, model);
    assertEquals(0, difference.count(Change.ADDED) + difference.count(Change.REMOVED));
    try (QuantizedModel opened = QuantizedModel.open(model)) {
      opened
          .layers()
          .forEach(
              layer -> {
                TensorDifference found = of(difference, layer.name());
                if (layer.quantization() == null) {
                  assertEquals(Change.SAME, found.change(), layer.name());
                } else {
                  if (found.change() == Change.VALUES) {
                    assertEquals(layer.quality().sqnrDb(), found.distance().sqnrDb(), 0.01);
                  }
                  assertEquals(layer.quality().rmse(), found.distance().rmse(), 1e-6);
                  assertEquals(layer.quality().maxAbsError(), found.distance().maxAbsError(), 1e-5);
                  assertEquals("int4", found.after().type());
                }
              });
    }
    assertTrue(difference.count(Change.VALUES) >= 5);
    assertTrue(diff(source, source).isSame());
    assertTrue(diff(model, model).isSame());
    assertFalse(diff(model, quantized("eight", 8)).isSame());
  }

  @Test
  void addedRemovedReshapedAndRetypedTensorsAreTold() {
    Path other = folder.resolve("other.safetensors");
    List<Entry> tensors = new ArrayList<>(OddCheckpoint.TENSORS);
    tensors.removeIf(t -> t.name().equals("steps") || t.name().equals("mask"));
    tensors.add(new Entry("mask", DType.BOOL, List.of(9L, 5L)));
    tensors.add(new Entry("new", DType.F32, List.of(3L)));
    tensors.removeIf(t -> t.name().equals("blocks.7.norm.bias"));
    tensors.add(new Entry("blocks.7.norm.bias", DType.BF16, List.of(77L)));
    OddCheckpoint.write(other, tensors);
    ModelDifference difference = diff(source, other);
    assertEquals(Change.REMOVED, of(difference, "steps").change());
    assertEquals(Change.SHAPE, of(difference, "mask").change());
    assertEquals(Change.ADDED, of(difference, "new").change());
    TensorDifference bias = of(difference, "blocks.7.norm.bias");
    assertEquals(Change.DTYPE, bias.change());
    assertTrue(bias.distance().sqnrDb() > 40);
    assertEquals(Change.SAME, of(difference, OddCheckpoint.NAN).change());
  }
}
