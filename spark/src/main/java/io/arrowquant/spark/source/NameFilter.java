package io.arrowquant.spark.source;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.spark.sql.sources.EqualNullSafe;
import org.apache.spark.sql.sources.EqualTo;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.sources.In;
import org.apache.spark.sql.sources.IsNotNull;
import org.apache.spark.sql.sources.StringContains;
import org.apache.spark.sql.sources.StringEndsWith;
import org.apache.spark.sql.sources.StringStartsWith;

/**
 * A filter on the tensor's name that is decided from the header alone.
 *
 * @param filter as Spark gave it
 * @param accepts what it says of a name
 */
record NameFilter(Filter filter, Predicate<String> accepts) {

  private static final String COLUMN = "name";

  /** Empty for a filter on something else, which Spark then applies itself. */
  static Optional<NameFilter> of(Filter filter) {
    if (!Arrays.equals(filter.references(), new String[] {COLUMN})) {
      return Optional.empty();
    }
    Predicate<String> accepts = null;
    if (filter instanceof EqualTo equal) {
      accepts = name -> name.equals(equal.value());
    } else if (filter instanceof EqualNullSafe equal) {
      accepts = name -> Objects.equals(name, equal.value());
    } else if (filter instanceof In in) {
      accepts = name -> Arrays.asList(in.values()).contains(name);
    } else if (filter instanceof StringStartsWith start) {
      accepts = name -> name.startsWith(start.value());
    } else if (filter instanceof StringEndsWith end) {
      accepts = name -> name.endsWith(end.value());
    } else if (filter instanceof StringContains part) {
      accepts = name -> name.contains(part.value());
    } else if (filter instanceof IsNotNull) {
      accepts = name -> true;
    }
    return Optional.ofNullable(accepts).map(test -> new NameFilter(filter, test));
  }

  boolean test(String name) {
    return accepts.test(name);
  }
}
