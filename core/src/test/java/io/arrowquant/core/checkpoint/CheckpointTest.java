package io.arrowquant.core.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.InvalidIndexException;
import io.arrowquant.core.modality.Modality;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {

  private static final String INDEX = "model.safetensors.index.json";

  private static final OpenOptions OPTIONS =
      OpenOptions.defaults().withCache(new HuggingFaceCache(Path.of("no-such-cache")));

  @TempDir Path path;
  private Folder folder;

  @BeforeEach
  void wrap() {
    folder = new Folder(path);
  }

  @Test
  void oneFileIsSortedByName() {
    Checkpoint checkpoint = open(folder.file("x.safetensors", "b", "a.2", "a.10", "A"));
    assertEquals(List.of("A", "a.10", "a.2", "b"), names(checkpoint));
    assertEquals(12, checkpoint.tensor("A").orElseThrow().info().begin());
    assertTrue(checkpoint.tensor("c").isEmpty());
    assertEquals(Map.of("x.safetensors", Map.of()), checkpoint.metadata());
  }

  @Test
  void shardsByIndexOrByFolder() {
    folder.file("m-00001-of-00002.safetensors", "b", "d");
    folder.file("m-00002-of-00002.safetensors", "a");
    Path index =
        folder.index(
            INDEX,
            "a=m-00002-of-00002.safetensors",
            "b=m-00001-of-00002.safetensors",
            "d=./m-00001-of-00002.safetensors");
    for (Path input : List.of(index, path)) {
      Checkpoint checkpoint = open(input);
      assertEquals(List.of("a", "b", "d"), names(checkpoint));
      assertEquals(2, checkpoint.files().size());
      assertEquals(List.of(), checkpoint.warnings());
      assertEquals(List.of(Path.of(INDEX)), checkpoint.companionFiles());
    }
  }

  @Test
  void shardsMayBeLinksOutOfTheFolder() throws IOException {
    Path blob = folder.sub("blobs").file("0123", "a");
    Files.createDirectories(path.resolve("snapshot"));
    Files.createSymbolicLink(
        path.resolve("snapshot/1.safetensors"), Path.of("../blobs").resolve(blob.getFileName()));
    folder.sub("snapshot").index(INDEX, "a=1.safetensors");
    assertEquals(List.of("a"), names(open(path.resolve("snapshot"))));
  }

  @Test
  void aWrongTotalSizeIsAWarning() {
    folder.file("1.safetensors", "a");
    folder.write(
        INDEX, "{\"metadata\":{\"total_size\":5},\"weight_map\":{\"a\":\"1.safetensors\"}}");
    List<String> warnings = open(path).warnings();
    assertEquals(1, warnings.size());
    assertTrue(warnings.get(0).contains("claims a total_size of 5 bytes, but its tensors take 4"));
    folder.write(
        INDEX, "{\"metadata\":{\"total_size\":4.0},\"weight_map\":{\"a\":\"1.safetensors\"}}");
    assertEquals(List.of(), open(path).warnings());
  }

  @Test
  void indexesThatDisagreeWithTheirShards() {
    folder.file("1.safetensors", "a", "b");
    folder.file("2.safetensors", "c");
    folder.file("twice.safetensors", "a");
    refusedIndex("missing", "a=1.safetensors", "b=1.safetensors", "x=3.safetensors");
    refusedIndex(
        "does not hold it",
        "a=1.safetensors",
        "b=1.safetensors",
        "x=2.safetensors",
        "c=2.safetensors");
    refusedIndex("does not hold it", "a=1.safetensors", "b=1.safetensors", "x=1.safetensors");
    refusedIndex("does not name", "a=1.safetensors");
    refusedIndex("holds it", "a=2.safetensors", "b=1.safetensors", "c=2.safetensors");
    refusedIndex("holds it", "a=1.safetensors", "b=twice.safetensors");
    refusedIndex("not the name of a file inside", "a=../1.safetensors");
  }

  private void refusedIndex(String why, String... pairs) {
    Path index = folder.index(INDEX, pairs);
    String message = assertThrows(InvalidIndexException.class, () -> open(index)).getMessage();
    assertTrue(message.contains(why), message);
  }

  @Test
  void aBrokenShardIsNamed() {
    folder.write("1.safetensors", "not SafeTensors");
    Path index = folder.index(INDEX, "a=1.safetensors");
    assertTrue(
        assertThrows(InvalidHeaderException.class, () -> open(index))
            .getMessage()
            .contains("1.safetensors"));
  }

  @Test
  void aSingleFileBesideAnIndex() {
    folder.file("model.safetensors", "a", "b");
    folder.file("model-00001-of-00002.safetensors", "a");
    folder.file("model-00002-of-00002.safetensors", "b");
    folder.index(INDEX, "a=model-00001-of-00002.safetensors", "b=model-00002-of-00002.safetensors");
    Checkpoint same = open(path);
    assertEquals(1, same.files().size());
    assertEquals(1, same.warnings().size());

    folder.file("model.safetensors", "a", "c");
    String message = assertThrows(InvalidIndexException.class, () -> open(path)).getMessage();
    assertTrue(message.contains("\"model.safetensors\""), message);
    assertTrue(message.contains("\"" + INDEX + "\""), message);
    assertEquals(List.of("a", "c"), names(open(path.resolve("model.safetensors"))));
    assertEquals(List.of("a", "b"), names(open(path.resolve(INDEX))));
  }

  @Test
  void variantsMustBeChosen() {
    folder.file("model.safetensors", "a");
    Path half = folder.file("model.fp16.safetensors", "a");
    String message = assertThrows(InvalidIndexException.class, () -> open(path)).getMessage();
    assertTrue(message.contains("\"model.fp16.safetensors\""), message);
    assertEquals(half, open(half).files().get(0).file());
  }

  @ParameterizedTest
  @CsvSource({"fp16,half", "'',full", "bf16,brain", "fp8,eighth"})
  void aVariantThatIsAskedFor(String variant, String tensor) {
    folder.file("model.safetensors", "full");
    folder.file("model.fp16.safetensors", "half");
    folder.file("model.bf16-00001-of-00001.safetensors", "brain");
    folder.index(
        "model.safetensors.index.bf16.json", "brain=model.bf16-00001-of-00001.safetensors");
    folder.file("s.safetensors", "eighth");
    folder.index("model.fp8.safetensors.index.json", "eighth=s.safetensors");
    assertEquals(List.of(tensor), names(Checkpoint.open(path, OPTIONS.withVariant(variant))));
    assertThrows(
        InvalidIndexException.class, () -> Checkpoint.open(path, OPTIONS.withVariant("none")));
  }

  @Test
  void aVariantOfADiffusersFolderIsTakenWhereThereIsOne() {
    folder.write("model_index.json", "{}");
    folder.sub("unet").file("m.safetensors", "full");
    folder.sub("unet").file("m.fp16.safetensors", "half");
    folder.sub("vae").file("m.safetensors", "full");
    assertThrows(InvalidIndexException.class, () -> open(path));
    Checkpoint half = Checkpoint.open(path, OPTIONS.withVariant("fp16"));
    assertEquals(List.of("unet/half", "vae/full"), names(half));
    assertEquals(1, half.warnings().size());
    assertTrue(half.warnings().get(0).contains("there is no variant \"fp16\""));
  }

  @Test
  void shardsWithoutAnIndex() {
    folder.file("model-00001-of-00002.safetensors", "a");
    assertThrows(InvalidIndexException.class, () -> open(path));
    Path alone = path.resolve("model-00001-of-00002.safetensors");
    assertEquals(List.of("a"), names(open(alone)));

    folder.file("z.safetensors", "z");
    Checkpoint beside = open(path);
    assertEquals(List.of("z"), names(beside));
    assertEquals(1, beside.warnings().size());
  }

  @Test
  void aDiffusersFolder() {
    folder.write("model_index.json", "{\"_class_name\":\"StableDiffusionPipeline\"}");
    folder.sub("unet").file("diffusion_pytorch_model.safetensors", "conv_in");
    folder.sub("unet").write("config.json", "{}");
    folder.sub("text_encoder").file("1.safetensors", "b");
    folder.sub("text_encoder").file("2.safetensors", "a");
    folder.sub("text_encoder").index(INDEX, "a=2.safetensors", "b=1.safetensors");
    folder.sub("vae").write("diffusion_pytorch_model.bin", "x");
    folder.sub("tokenizer").write("vocab.json", "{}");
    folder.sub("tokenizer").write("merges.txt", "");
    folder.sub("scheduler").write("scheduler_config.json", "{}");
    folder.sub(".cache").file("x.safetensors", "z");
    folder.file("v1-5.safetensors", "whole");

    for (Path input : List.of(path, path.resolve("model_index.json"))) {
      Checkpoint checkpoint = open(input);
      assertEquals(List.of("text_encoder/a", "text_encoder/b", "unet/conv_in"), names(checkpoint));
      assertEquals("a", checkpoint.tensor("text_encoder/a").orElseThrow().info().name());
      assertEquals(
          List.of(
              "model_index.json",
              "scheduler/scheduler_config.json",
              "text_encoder/" + INDEX,
              "tokenizer/merges.txt",
              "tokenizer/vocab.json",
              "unet/config.json"),
          checkpoint.companionFiles().stream().map(Path::toString).toList());
      assertEquals(2, checkpoint.warnings().size(), checkpoint.warnings().toString());
      assertEquals(Modality.IMAGE, checkpoint.modality().modality());
      assertEquals(
          List.of(
              "text_encoder/1.safetensors",
              "text_encoder/2.safetensors",
              "unet/diffusion_pytorch_model.safetensors"),
          List.copyOf(checkpoint.metadata().keySet()));
    }
  }

  @Test
  void companionsAreSmallAndNoWeights() throws IOException {
    folder.file("model.safetensors", "a");
    for (String name :
        List.of("config.json", "tokenizer.model", "LICENSE", "run.py", "x.bin", ".env")) {
      folder.write(name, "{}");
    }
    try (RandomAccessFile big = new RandomAccessFile(path.resolve("big.json").toFile(), "rw")) {
      big.setLength((64 << 20) + 1);
    }
    Checkpoint checkpoint = open(path);
    assertEquals(
        List.of("LICENSE", "config.json", "tokenizer.model"),
        checkpoint.companionFiles().stream().map(Path::toString).toList());
    assertEquals(1, checkpoint.warnings().size());
  }

  @Test
  void aLoneFileAmongOthersHasNoCompanions() {
    folder.write("config.json", "{\"model_type\":\"llama\"}");
    Path one = folder.file("one.safetensors", "a");
    assertEquals(1, open(one).companionFiles().size());
    assertEquals(Modality.TEXT, open(one).modality().modality());
    folder.file("two.safetensors", "a");
    assertEquals(0, open(one).companionFiles().size());
    assertEquals(Modality.UNKNOWN, open(one).modality().modality());
  }

  @Test
  void aConfigThatIsNotJsonIsAWarning() {
    folder.write("config.json", "{");
    folder.file("model.safetensors", "a");
    assertEquals(1, open(path).warnings().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"m.pt", "m.pth", "m.bin", "m.gguf", "m.onnx", "m.npz", "m.ckpt", "M.GGUF"})
  void otherFormatsAreNamed(String name) {
    Path file = folder.write(name, "x");
    ArrowQuantException asFile = assertThrows(InvalidHeaderException.class, () -> open(file));
    assertTrue(asFile.getMessage().contains("SafeTensors"), asFile.getMessage());
    ArrowQuantException asFolder =
        assertThrows(CheckpointNotFoundException.class, () -> open(path));
    assertTrue(asFolder.getMessage().contains("\"" + name + "\""), asFolder.getMessage());
  }

  @Test
  void nothingThere() {
    assertThrows(CheckpointNotFoundException.class, () -> open(path));
    assertThrows(CheckpointNotFoundException.class, () -> open(path.resolve("absent")));
    assertThrows(CheckpointNotFoundException.class, () -> open(folder.write("config.json", "{}")));
    folder.write("model_index.json", "{}");
    assertThrows(CheckpointNotFoundException.class, () -> open(path));
  }

  private static Checkpoint open(Path input) {
    return Checkpoint.open(input, OPTIONS);
  }

  private static List<String> names(Checkpoint checkpoint) {
    return checkpoint.tensors().stream().map(CheckpointTensor::name).toList();
  }
}
