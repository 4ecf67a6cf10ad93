package io.arrowquant.arrow.parquet;

import java.util.List;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.MessageType;

/**
 * The columns of {@code weights/*.parquet}: one row per row of a weight matrix, the same columns in
 * every file of every model.
 */
public final class WeightsSchema {

  /** Number of the tensor, INT32. */
  public static final String LAYER_ID = "layer_id";

  /** Name of the tensor. */
  public static final String LAYER_NAME = "layer_name";

  /** Row of the tensor's matrix, INT64. */
  public static final String ROW = "row";

  /** Column of the matrix that this row begins with, INT64. */
  public static final String COL_START = "col_start";

  /** Columns that share a scale, INT32; null for a kept tensor. */
  public static final String GROUP_SIZE = "group_size";

  /** A list of INT8; null for a kept tensor. */
  public static final String CODES = "codes";

  /** A list of FLOAT, a scale per group; null for a kept tensor. */
  public static final String SCALES = "scales";

  /** A list of FLOAT, a zero point per group, in units of codes; null for a kept tensor. */
  public static final String ZERO_POINTS = "zero_points";

  /** A list of FLOAT: a kept tensor that float32 holds exactly; else null. */
  public static final String VALUES = "values";

  /** BINARY: the source's bytes of any other kept tensor; else null. */
  public static final String DATA = "data";

  private static final ArrowType INT8 = new ArrowType.Int(8, true);
  private static final ArrowType INT32 = new ArrowType.Int(32, true);
  private static final ArrowType INT64 = new ArrowType.Int(64, true);
  private static final ArrowType FLOAT = new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);

  /** As Arrow sees a row: lists are plain lists, and exactly one of codes, values, data is set. */
  public static final Schema ARROW =
      new Schema(
          List.of(
              Field.notNullable(LAYER_ID, INT32),
              Field.notNullable(LAYER_NAME, ArrowType.Utf8.INSTANCE),
              Field.notNullable(ROW, INT64),
              Field.notNullable(COL_START, INT64),
              Field.nullable(GROUP_SIZE, INT32),
              list(CODES, INT8),
              list(SCALES, FLOAT),
              list(ZERO_POINTS, FLOAT),
              list(VALUES, FLOAT),
              Field.nullable(DATA, ArrowType.Binary.INSTANCE)));

  /** The same as Parquet has it. */
  public static final MessageType PARQUET = ParquetTypes.of(ARROW, "weights");

  private WeightsSchema() {}

  /** The values of a column, lists aside: the one leaf below a top-level column. */
  public static ColumnDescriptor leaf(String column) {
    return PARQUET.getColumns().stream()
        .filter(leaf -> leaf.getPath()[0].equals(column))
        .findFirst()
        .orElseThrow();
  }

  private static Field list(String name, ArrowType element) {
    return new Field(
        name,
        FieldType.nullable(ArrowType.List.INSTANCE),
        List.of(Field.notNullable("element", element)));
  }
}
