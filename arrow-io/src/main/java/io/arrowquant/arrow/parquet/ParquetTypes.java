package io.arrowquant.arrow.parquet;

import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.parquet.arrow.schema.SchemaConverter;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;
import org.apache.parquet.schema.Types;

/** The Parquet schema of an Arrow schema. */
final class ParquetTypes {

  private ParquetTypes() {}

  /**
   * What parquet-arrow's converter makes of the schema, with one thing put right: it calls every
   * field optional, and here a field is required where Arrow says that it has no nulls.
   */
  static MessageType of(Schema arrow, String name) {
    MessageType converted = new SchemaConverter().fromArrow(arrow).getParquetSchema();
    return new MessageType(name, fields(arrow.getFields(), converted.getFields()));
  }

  private static List<Type> fields(List<Field> arrow, List<Type> parquet) {
    List<Type> fields = new ArrayList<>();
    for (int i = 0; i < arrow.size(); i++) {
      fields.add(field(arrow.get(i), parquet.get(i)));
    }
    return fields;
  }

  private static Type field(Field arrow, Type parquet) {
    Repetition repetition = arrow.isNullable() ? Repetition.OPTIONAL : Repetition.REQUIRED;
    if (parquet instanceof PrimitiveType primitive) {
      return Types.primitive(primitive.getPrimitiveTypeName(), repetition)
          .as(primitive.getLogicalTypeAnnotation())
          .named(primitive.getName());
    }
    GroupType group = parquet.asGroupType();
    if (group.getLogicalTypeAnnotation() == null) {
      return group(repetition, group, fields(arrow.getChildren(), group.getFields()));
    }
    // A list has a repeated group between it and its element.
    GroupType repeated = group.getType(0).asGroupType();
    List<Type> element = fields(arrow.getChildren(), repeated.getFields());
    return group(repetition, group, List.of(group(Repetition.REPEATED, repeated, element)));
  }

  private static GroupType group(Repetition repetition, GroupType like, List<Type> fields) {
    return Types.buildGroup(repetition)
        .as(like.getLogicalTypeAnnotation())
        .addFields(fields.toArray(new Type[0]))
        .named(like.getName());
  }
}
