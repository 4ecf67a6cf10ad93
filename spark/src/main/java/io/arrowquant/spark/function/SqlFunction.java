package io.arrowquant.spark.function;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.objects.Invoke;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.ObjectType;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Our functions, as Spark's planner wants them: arguments cast, null where one is null. */
enum SqlFunction {
  AQ_DEQUANTIZE(
      new Dequantize(),
      DataTypes.createArrayType(DataTypes.FloatType, false),
      "codes, scales, zero_points, group_size",
      "Weights of a row: (code - zero_point) * scale.",
      DataTypes.createArrayType(DataTypes.ByteType),
      DataTypes.createArrayType(DataTypes.FloatType),
      DataTypes.createArrayType(DataTypes.FloatType),
      DataTypes.IntegerType),
  AQ_QUANTIZE(
      new Quantize(),
      Quantize.RESULT,
      "values, bits, group_size",
      "Codes, scales and zero points of a row quantized by itself.",
      DataTypes.createArrayType(DataTypes.FloatType),
      DataTypes.IntegerType,
      DataTypes.IntegerType);

  private final Object function;
  private final DataType result;
  private final String arguments;
  private final String description;
  private final List<DataType> types;

  SqlFunction(
      Object function, DataType result, String arguments, String description, DataType... types) {
    this.function = function;
    this.result = result;
    this.arguments = arguments;
    this.description = description;
    this.types = Arrays.asList(types);
  }

  FunctionIdentifier identifier() {
    return new FunctionIdentifier(name().toLowerCase(Locale.ROOT), Option.empty());
  }

  ExpressionInfo info() {
    String name = identifier().funcName();
    return new ExpressionInfo(
        function.getClass().getName(),
        null,
        name,
        name + "(" + arguments + ") - " + description,
        "",
        "",
        "",
        "",
        "",
        "",
        "");
  }

  /** A call. */
  Expression call(Seq<Expression> given) {
    if (given.size() != types.size()) {
      throw new IllegalArgumentException(
          identifier().funcName() + " takes " + arguments + "; it was given " + given.size());
    }
    List<AbstractDataType> expected = List.copyOf(types);
    return new Invoke(
        new Literal(function, new ObjectType(function.getClass())),
        "apply",
        result,
        given,
        CollectionConverters.asScala(expected).toSeq(),
        true,
        true,
        true);
  }
}
