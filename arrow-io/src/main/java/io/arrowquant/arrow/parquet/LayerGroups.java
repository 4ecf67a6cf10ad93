package io.arrowquant.arrow.parquet;

import io.arrowquant.core.QuotedName;
import io.arrowquant.core.modality.Modality;
import io.arrowquant.core.safetensors.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;

/** A {@link LayerRecord} as a Parquet record, and back. */
public final class LayerGroups {

  private LayerGroups() {}

  /** A record in the schema {@link LayersSchema#PARQUET}. */
  public static Group write(LayerRecord layer) {
    Group g = new SimpleGroup(LayersSchema.PARQUET);
    g.add("layer_id", layer.layerId());
    g.add("layer_name", layer.name());
    g.add("source_file", layer.sourceFile());
    list(g, "shape", layer.shape(), (e, v) -> e.add("element", v));
    g.add("num_rows", layer.rows());
    g.add("num_cols", layer.columns());
    g.add("dtype", layer.dtype().name());
    g.add("num_params", layer.parameters());
    g.add("quant_type", layer.quantType());
    if (layer.quantization() != null) {
      g.add("bit_width", layer.quantization().codeWidth());
      g.add("group_size", layer.quantization().groupSize());
      g.add("quant_axis", 1);
      g.add("method", layer.quantization().method());
    }
    if (layer.scaleTensor() != null) {
      g.add("scale_tensor", layer.scaleTensor());
    }
    if (layer.keptReason() != null) {
      g.add("kept_reason", layer.keptReason());
    }
    list(
        g,
        "attempts",
        layer.attempts(),
        (e, attempt) -> {
          Group a = e.addGroup("element");
          a.add("bit_width", attempt.bitWidth());
          a.add("sqnr_db", attempt.sqnrDb());
          a.add("cosine_similarity", attempt.cosineSimilarity());
        });
    if (layer.quality() != null) {
      g.add("cosine_similarity", layer.quality().cosineSimilarity());
      g.add("sqnr_db", layer.quality().sqnrDb());
      g.add("worst_group_sqnr_db", layer.quality().worstGroupSqnrDb());
      g.add("rmse", layer.quality().rmse());
      g.add("max_abs_error", layer.quality().maxAbsError());
    }
    if (layer.statistics() != null) {
      g.add("source_min", layer.statistics().min());
      g.add("source_max", layer.statistics().max());
      g.add("source_mean", layer.statistics().mean());
      g.add("source_std", layer.statistics().std());
      g.add("nan_count", layer.statistics().nanCount());
      g.add("inf_count", layer.statistics().infCount());
    }
    g.add("source_bytes", layer.sourceBytes());
    g.add("stored_bytes", layer.storedBytes());
    g.add("bits_per_weight", layer.bitsPerWeight());
    g.add("source_crc32c", Integer.toUnsignedLong(layer.sourceCrc32c()));
    g.add("is_diffusion_model", layer.diffusionModel());
    g.add("modality", layer.modality().word());
    g.add("flattening", layer.flattening().word());
    writeCalibrated(g, layer);
    return g;
  }

  private static void writeCalibrated(Group g, LayerRecord layer) {
    if (layer.timeAware() != null) {
      Group t = g.addGroup("time_aware_quant");
      t.add("enabled", true);
      t.add("num_time_groups", layer.timeAware().numTimeGroups());
      list(
          t,
          "time_group_params",
          layer.timeAware().groups(),
          (e, group) -> {
            Group p = e.addGroup("element");
            p.add("time_start", group.timeStart());
            p.add("time_end", group.timeEnd());
            p.add("act_min", group.actMin());
            p.add("act_max", group.actMax());
            p.add("act_scale", group.actScale());
            p.add("act_zero_point", group.actZeroPoint());
          });
    }
    if (layer.spatial() != null) {
      Group s = g.addGroup("spatial_quant");
      s.add("enabled", true);
      s.add("channel_equalization", layer.spatial().channelEqualization());
      s.add("activation_smoothing", layer.spatial().activationSmoothing());
      floats(s, "equalization_scales", layer.spatial().equalizationScales());
    }
    if (layer.activations() != null) {
      Group a = g.addGroup("activation_stats");
      floats(a, "mean", layer.activations().mean());
      floats(a, "std", layer.activations().std());
      floats(a, "min", layer.activations().min());
      floats(a, "max", layer.activations().max());
    }
  }

  /**
   * The layer of a record in the schema {@link LayersSchema#PARQUET}.
   *
   * @throws RuntimeException if the record lacks a value, or a word in it is none of the format's
   */
  public static LayerRecord read(Group g) {
    LayerRecord.Quantization quantization =
        has(g, "bit_width")
            ? LayerRecord.Quantization.of(
                string(g, "quant_type"),
                g.getInteger("bit_width", 0),
                g.getInteger("group_size", 0),
                string(g, "method"))
            : null;
    LayerRecord.Quality quality =
        has(g, "sqnr_db")
            ? new LayerRecord.Quality(
                g.getDouble("cosine_similarity", 0),
                g.getDouble("sqnr_db", 0),
                g.getDouble("worst_group_sqnr_db", 0),
                g.getDouble("rmse", 0),
                g.getDouble("max_abs_error", 0))
            : null;
    LayerRecord.Statistics statistics =
        has(g, "source_min")
            ? new LayerRecord.Statistics(
                g.getDouble("source_min", 0),
                g.getDouble("source_max", 0),
                g.getDouble("source_mean", 0),
                g.getDouble("source_std", 0),
                g.getLong("nan_count", 0),
                g.getLong("inf_count", 0))
            : null;
    return new LayerRecord(
        g.getInteger("layer_id", 0),
        string(g, "layer_name"),
        string(g, "source_file"),
        list(g, "shape", e -> e.getLong("element", 0)),
        g.getLong("num_rows", 0),
        g.getLong("num_cols", 0),
        dtype(g, "dtype"),
        constant(Flattening.values(), Flattening::word, g, "flattening"),
        quantization,
        has(g, "scale_tensor") ? string(g, "scale_tensor") : null,
        has(g, "kept_reason") ? string(g, "kept_reason") : null,
        list(g, "attempts", e -> attempt(e.getGroup("element", 0))),
        quality,
        statistics,
        g.getLong("source_bytes", 0),
        g.getLong("stored_bytes", 0),
        (int) g.getLong("source_crc32c", 0),
        g.getBoolean("is_diffusion_model", 0),
        constant(Modality.values(), Modality::word, g, "modality"),
        has(g, "time_aware_quant") ? timeAware(g.getGroup("time_aware_quant", 0)) : null,
        has(g, "spatial_quant") ? spatial(g.getGroup("spatial_quant", 0)) : null,
        has(g, "activation_stats") ? activations(g.getGroup("activation_stats", 0)) : null);
  }

  private static LayerRecord.Attempt attempt(Group a) {
    return new LayerRecord.Attempt(
        a.getInteger("bit_width", 0),
        a.getDouble("sqnr_db", 0),
        a.getDouble("cosine_similarity", 0));
  }

  private static LayerRecord.TimeAware timeAware(Group t) {
    return new LayerRecord.TimeAware(
        t.getInteger("num_time_groups", 0),
        list(
            t,
            "time_group_params",
            e -> {
              Group p = e.getGroup("element", 0);
              return new LayerRecord.TimeGroup(
                  p.getInteger("time_start", 0),
                  p.getInteger("time_end", 0),
                  p.getFloat("act_min", 0),
                  p.getFloat("act_max", 0),
                  p.getFloat("act_scale", 0),
                  p.getFloat("act_zero_point", 0));
            }));
  }

  private static LayerRecord.Spatial spatial(Group s) {
    return new LayerRecord.Spatial(
        s.getBoolean("channel_equalization", 0),
        s.getBoolean("activation_smoothing", 0),
        list(s, "equalization_scales", e -> e.getFloat("element", 0)));
  }

  private static LayerRecord.ActivationStats activations(Group a) {
    return new LayerRecord.ActivationStats(
        list(a, "mean", e -> e.getFloat("element", 0)),
        list(a, "std", e -> e.getFloat("element", 0)),
        list(a, "min", e -> e.getFloat("element", 0)),
        list(a, "max", e -> e.getFloat("element", 0)));
  }

  private static void floats(Group g, String name, List<Float> values) {
    list(g, name, values, (e, v) -> e.add("element", v));
  }

  private static <T> void list(
      Group g, String name, List<T> values, BiConsumer<Group, T> writeElement) {
    Group list = g.addGroup(name);
    for (T value : values) {
      writeElement.accept(list.addGroup(0), value);
    }
  }

  private static <T> List<T> list(Group g, String name, Function<Group, T> readElement) {
    Group list = g.getGroup(name, 0);
    List<T> values = new ArrayList<>();
    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
      values.add(readElement.apply(list.getGroup(0, i)));
    }
    return values;
  }

  private static boolean has(Group g, String name) {
    return g.getFieldRepetitionCount(name) > 0;
  }

  private static String string(Group g, String name) {
    return g.getString(name, 0);
  }

  private static DType dtype(Group g, String name) {
    String word = string(g, name);
    return DType.named(word).orElseThrow(() -> unknown(name, word));
  }

  private static <E> E constant(E[] constants, Function<E, String> word, Group g, String name) {
    String found = string(g, name);
    return Stream.of(constants)
        .filter(constant -> word.apply(constant).equals(found))
        .findFirst()
        .orElseThrow(() -> unknown(name, found));
  }

  private static IllegalArgumentException unknown(String name, String word) {
    return new IllegalArgumentException(
        name + " is " + QuotedName.of(word) + ", which this version does not know");
  }
}
