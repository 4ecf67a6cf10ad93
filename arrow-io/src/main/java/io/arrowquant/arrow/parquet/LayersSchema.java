package io.arrowquant.arrow.parquet;

import java.util.List;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.parquet.schema.MessageType;

/** The columns of {@code layers.parquet}: one row per tensor. */
public final class LayersSchema {

  private static final ArrowType STRING = ArrowType.Utf8.INSTANCE;
  private static final ArrowType BOOL = ArrowType.Bool.INSTANCE;
  private static final ArrowType INT32 = new ArrowType.Int(32, true);
  private static final ArrowType INT64 = new ArrowType.Int(64, true);
  private static final ArrowType FLOAT = new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
  private static final ArrowType DOUBLE =
      new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);

  /** The columns in their order. */
  public static final Schema ARROW =
      new Schema(
          List.of(
              Field.notNullable("layer_id", INT32),
              Field.notNullable("layer_name", STRING),
              Field.notNullable("source_file", STRING),
              list(false, "shape", Field.notNullable("element", INT64)),
              Field.notNullable("num_rows", INT64),
              Field.notNullable("num_cols", INT64),
              Field.notNullable("dtype", STRING),
              Field.notNullable("num_params", INT64),
              Field.notNullable("quant_type", STRING),
              Field.nullable("bit_width", INT32),
              Field.nullable("group_size", INT32),
              Field.nullable("quant_axis", INT32),
              Field.nullable("method", STRING),
              Field.nullable("scale_tensor", STRING),
              Field.nullable("kept_reason", STRING),
              list(
                  false,
                  "attempts",
                  struct(
                      false,
                      "element",
                      Field.notNullable("bit_width", INT32),
                      Field.notNullable("sqnr_db", DOUBLE),
                      Field.notNullable("cosine_similarity", DOUBLE))),
              Field.nullable("cosine_similarity", DOUBLE),
              Field.nullable("sqnr_db", DOUBLE),
              Field.nullable("worst_group_sqnr_db", DOUBLE),
              Field.nullable("rmse", DOUBLE),
              Field.nullable("max_abs_error", DOUBLE),
              Field.nullable("source_min", DOUBLE),
              Field.nullable("source_max", DOUBLE),
              Field.nullable("source_mean", DOUBLE),
              Field.nullable("source_std", DOUBLE),
              Field.nullable("nan_count", INT64),
              Field.nullable("inf_count", INT64),
              Field.notNullable("source_bytes", INT64),
              Field.notNullable("stored_bytes", INT64),
              Field.notNullable("bits_per_weight", DOUBLE),
              Field.notNullable("source_crc32c", INT64),
              Field.notNullable("is_diffusion_model", BOOL),
              Field.notNullable("modality", STRING),
              Field.notNullable("flattening", STRING),
              struct(
                  true,
                  "time_aware_quant",
                  Field.notNullable("enabled", BOOL),
                  Field.notNullable("num_time_groups", INT32),
                  list(
                      false,
                      "time_group_params",
                      struct(
                          false,
                          "element",
                          Field.notNullable("time_start", INT32),
                          Field.notNullable("time_end", INT32),
                          Field.notNullable("act_min", FLOAT),
                          Field.notNullable("act_max", FLOAT),
                          Field.notNullable("act_scale", FLOAT),
                          Field.notNullable("act_zero_point", FLOAT)))),
              struct(
                  true,
                  "spatial_quant",
                  Field.notNullable("enabled", BOOL),
                  Field.notNullable("channel_equalization", BOOL),
                  Field.notNullable("activation_smoothing", BOOL),
                  list(false, "equalization_scales", Field.notNullable("element", FLOAT))),
              struct(
                  true,
                  "activation_stats",
                  list(false, "mean", Field.notNullable("element", FLOAT)),
                  list(false, "std", Field.notNullable("element", FLOAT)),
                  list(false, "min", Field.notNullable("element", FLOAT)),
                  list(false, "max", Field.notNullable("element", FLOAT)))));

  /** The same as Parquet stores them. */
  public static final MessageType PARQUET = ParquetTypes.of(ARROW, "layers");

  private LayersSchema() {}

  private static Field list(boolean nullable, String name, Field element) {
    return new Field(
        name, new FieldType(nullable, ArrowType.List.INSTANCE, null), List.of(element));
  }

  private static Field struct(boolean nullable, String name, Field... fields) {
    return new Field(
        name, new FieldType(nullable, ArrowType.Struct.INSTANCE, null), List.of(fields));
  }
}
