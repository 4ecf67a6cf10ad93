package io.arrowquant.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.restore.Restoration;
import io.arrowquant.quantize.restore.RestoreOptions;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quantization on a thread of its own, which a cancelled future stops. */
class QuantizeAsyncTest {

  private static final DiffusionQuantConfig CONFIG = DiffusionQuantConfig.defaults();

  @TempDir Path folder;

  private Path checkpoint(long rows) {
    Path file = folder.resolve("model.safetensors");
    ByteBuffer row = ByteBuffer.allocate(4096 * 2);
    try (SafeTensorsWriter writer =
        SafeTensorsWriter.create(
            file, Map.of(), List.of(new Entry("w", DType.BF16, List.of(rows, 4096L))))) {
      for (long r = 0; r < rows; r++) {
        writer.write(row.clear());
      }
    }
    return file;
  }

  @Test
  void theFutureHoldsTheResult() throws Exception {
    Path output = folder.resolve("out");
    QuantizationResult result =
        new ArrowQuantV2()
            .quantizeAsync(checkpoint(4), output, CONFIG, Progress.NONE)
            .get(60, TimeUnit.SECONDS);
    assertEquals(1, result.layers().size());
    assertTrue(Files.exists(output.resolve("model.json")));
    Path back = folder.resolve("back.safetensors");
    Restoration restored =
        new ArrowQuantV2()
            .dequantizeAsync(output, back, RestoreOptions.DEFAULT, Progress.NONE)
            .get(60, TimeUnit.SECONDS);
    assertEquals(1, restored.tensors());
    assertTrue(Files.exists(back));
  }

  @Test
  void theFutureHoldsTheFailure() {
    CompletableFuture<QuantizationResult> future =
        new ArrowQuantV2()
            .quantizeAsync(folder.resolve("absent"), folder.resolve("out"), CONFIG, Progress.NONE);
    ExecutionException e =
        assertThrows(ExecutionException.class, () -> future.get(60, TimeUnit.SECONDS));
    assertTrue(e.getCause() instanceof CheckpointNotFoundException, () -> "" + e.getCause());
  }

  @Test
  void cancellingStopsTheRunAndLeavesNothing() throws Exception {
    Path input = checkpoint(4096);
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    Progress waits =
        (current, total, message) -> {
          reached.countDown();
          try {
            Thread.sleep(60_000);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            interrupted.countDown();
          }
        };
    CompletableFuture<QuantizationResult> future =
        new ArrowQuantV2().quantizeAsync(input, folder.resolve("out"), CONFIG, waits);
    assertTrue(reached.await(60, TimeUnit.SECONDS));
    assertTrue(future.cancel(true));
    assertThrows(CancellationException.class, future::join);
    assertTrue(interrupted.await(60, TimeUnit.SECONDS));
    while (Files.exists(folder.resolve(".out.lock"))) {
      Thread.sleep(5);
    }
    assertFalse(Files.exists(folder.resolve("out")));
    assertFalse(Files.exists(folder.resolve(".out.partial")));
  }
}
