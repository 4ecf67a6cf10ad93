package io.arrowquant.arrow.parquet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.safetensors.DType;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.Type;
import org.junit.jupiter.api.Test;

/** A layer that has everything, as a record of Parquet and back. */
class LayerGroupsTest {

  private static final LayerRecord FULL =
      new LayerRecord(
          3,
          "a.weight",
          "unet/model.safetensors",
          List.of(4L, 2L, 1L),
          4,
          2,
          DType.BF16,
          Flattening.CONVOLUTION,
          new LayerRecord.Quantization(3, 32, "best"),
          "a.scale",
          "why",
          List.of(new LayerRecord.Attempt(2, 1.5, 0.25)),
          new LayerRecord.Quality(0.99, 20, 10, 0.1, 0.5),
          new LayerRecord.Statistics(-1, 1, 0.25, 0.5, 1, 2),
          16,
          5,
          0xfedcba98,
          true,
          Modality.IMAGE,
          new LayerRecord.TimeAware(1, List.of(new LayerRecord.TimeGroup(0, 9, -1, 1, 0.1f, 3))),
          new LayerRecord.Spatial(true, false, List.of(1.5f, 0.5f)),
          new LayerRecord.ActivationStats(
              List.of(1f, 2f), List.of(3f, 4f), List.of(5f, 6f), List.of(7f, 8f)));

  @Test
  void comesBackAsItWas() {
    assertEquals(FULL, LayerGroups.read(LayerGroups.write(FULL)));
  }

  /** A column that is in the schema alone would be null in every model. */
  @Test
  void everyColumnIsWritten() {
    Set<String> empty = new TreeSet<>();
    collectEmpty(LayerGroups.write(FULL), "", empty);
    assertEquals(List.of(), List.copyOf(empty));
  }

  private static void collectEmpty(Group group, String path, Set<String> empty) {
    for (Type field : group.getType().getFields()) {
      String name = path + field.getName();
      int values = group.getFieldRepetitionCount(field.getName());
      if (values == 0) {
        empty.add(name);
      } else if (!field.isPrimitive()) {
        for (int i = 0; i < values; i++) {
          collectEmpty(group.getGroup(field.getName(), i), name + ".", empty);
        }
      }
    }
  }
}
