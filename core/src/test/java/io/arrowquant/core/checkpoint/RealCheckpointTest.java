package io.arrowquant.core.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.SharedModels;
import io.arrowquant.core.safetensors.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class RealCheckpointTest {

  @Test
  void theShardedCopyListsTheSameTensors() {
    Checkpoint single = Checkpoint.open(SharedModels.path("taef2_decoder.safetensors"));
    Checkpoint sharded = Checkpoint.open(SharedModels.path("sharded_taef2_decoder"));

    assertEquals(3, sharded.files().size());
    assertEquals(names(single), names(sharded));
    for (CheckpointTensor tensor : single.tensors()) {
      CheckpointTensor twin = sharded.tensor(tensor.name()).orElseThrow();
      assertEquals(tensor.dtype(), twin.dtype());
      assertEquals(tensor.shape(), twin.shape());
      assertEquals(tensor.byteSize(), twin.byteSize());
    }
    assertEquals(single.summary().totalBytes(), sharded.summary().totalBytes());
    assertEquals(List.of(), sharded.warnings());
    assertEquals(
        List.of("diffusion_pytorch_model.safetensors.index.json"),
        sharded.companionFiles().stream().map(Object::toString).toList());
  }

  @Test
  void theSummaryCountsWhatTheReadmeCounts() {
    CheckpointSummary silero =
        Checkpoint.open(SharedModels.path("silero_vad_16k.safetensors")).summary();
    assertEquals(15, silero.tensorCount());
    assertEquals(309_633, silero.parameterCount());
    assertEquals(List.of(new DTypeCount(DType.F32, 15, 309_633, 4 * 309_633)), silero.dtypes());
    assertEquals(10, silero.largest().size());

    CheckpointSummary taef2 =
        Checkpoint.open(SharedModels.path("taef2_decoder.safetensors")).summary();
    assertEquals(79, taef2.tensorCount());
    assertEquals(1_338_499, taef2.parameterCount());
    assertEquals("pt", taef2.metadata().get("taef2_decoder.safetensors").get("format"));
  }

  @Test
  void dataMayStartAnywhere() {
    Checkpoint swift = Checkpoint.open(SharedModels.path("swift_data.safetensors"));
    CheckpointTensor test = swift.tensor("test").orElseThrow();
    assertEquals(68, test.position());
    assertEquals(16, test.byteSize());
    assertTrue(swift.companionFiles().isEmpty());
  }

  private static List<String> names(Checkpoint checkpoint) {
    return checkpoint.tensors().stream().map(CheckpointTensor::name).toList();
  }
}
