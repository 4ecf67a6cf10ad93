package io.arrowquant.quantize.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.modality.ModalityFinding;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Slices cover every weight once, in order, each within its bounds. */
class SlicePlanProperties {

  @Property(tries = 100)
  void slicesTileTheTensors(@ForAll long seed) {
    QuantizationPlan plan = plan(new Random(seed));
    long[] next = new long[plan.tensors().size()];
    Set<SlicePlan.SliceKind> ended = new HashSet<>();
    SlicePlan.SliceKind current = null;
    int lastLayer = -1;
    for (SlicePlan.Slice slice : SlicePlan.of(plan).slices()) {
      if (!slice.kind().equals(current)) {
        assertTrue(ended.add(slice.kind()), "a class comes twice");
        current = slice.kind();
        lastLayer = -1;
      }
      assertTrue(slice.layout().values() <= 3L << 22, "too large");
      for (int r = 0; r < slice.tensors().size(); r++) {
        RowRun run = slice.layout().runs().get(r);
        TensorPlan tensor = slice.tensors().get(r);
        assertEquals(tensor.layerId(), run.layerId());
        assertTrue(run.layerId() >= lastLayer);
        lastLayer = run.layerId();
        assertEquals(next[run.layerId()], run.firstRow() * tensor.columns() + run.firstColumn());
        next[run.layerId()] += run.weights();
      }
    }
    for (TensorPlan tensor : plan.tensors()) {
      assertEquals(tensor.tensor().elementCount(), next[tensor.layerId()]);
    }
  }

  private static QuantizationPlan plan(Random random) {
    List<TensorPlan> tensors = new ArrayList<>();
    int count = random.nextInt(40);
    DType[] dtypes = {DType.F32, DType.BF16, DType.I64, DType.BOOL};
    for (int i = 0; i < count; i++) {
      DType dtype = dtypes[random.nextInt(dtypes.length)];
      long rows = 1 + (long) Math.pow(random.nextDouble() * 60, 2);
      long columns = 1 + (long) Math.pow(random.nextDouble() * 300, 2);
      if (random.nextInt(10) == 0) {
        columns *= 100;
      }
      TensorInfo info =
          new TensorInfo(
              "layer" + i, dtype, List.of(rows, columns), 0, rows * columns * dtype.bits() / 8);
      Treatment treatment =
          dtype == DType.I64 || dtype == DType.BOOL || random.nextBoolean()
              ? new Treatment.Keep("test")
              : new Treatment.Quantize(
                  random.nextBoolean() ? 4 : 8, 16 + random.nextInt(200), Method.FAST);
      tensors.add(TensorPlan.of(i, new CheckpointTensor("layer" + i, info, null), treatment));
    }
    return new QuantizationPlan(
        DiffusionQuantConfig.defaults(), new ModalityFinding(Modality.UNKNOWN, "", ""), tensors);
  }
}
