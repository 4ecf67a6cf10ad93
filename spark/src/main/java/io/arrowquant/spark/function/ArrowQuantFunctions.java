package io.arrowquant.spark.function;

import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import scala.Function1;
import scala.Tuple3;
import scala.runtime.BoxedUnit;

/**
 * Makes the functions known to Spark SQL: to one session by {@link #register}, or to all by the
 * setting {@code spark.sql.extensions=io.arrowquant.spark.function.ArrowQuantFunctions}.
 */
public final class ArrowQuantFunctions implements Function1<SparkSessionExtensions, BoxedUnit> {

  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    for (SqlFunction function : SqlFunction.values()) {
      extensions.injectFunction(
          new Tuple3<>(function.identifier(), function.info(), function::call));
    }
    return BoxedUnit.UNIT;
  }

  /** Makes the functions known to a session. */
  public static void register(SparkSession session) {
    for (SqlFunction function : SqlFunction.values()) {
      session
          .sessionState()
          .functionRegistry()
          .createOrReplaceTempFunction(
              function.identifier().funcName(), function::call, "java_udf");
    }
  }
}
