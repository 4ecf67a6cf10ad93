package io.arrowquant.spark.source;

import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.checkpoint.CheckpointTensor;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.SupportsPushDownFilters;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.types.StructType;

/** Leaves out columns that nobody asks for and tensors whose names are ruled out. */
final class SafeTensorsScanBuilder
    implements ScanBuilder, SupportsPushDownRequiredColumns, SupportsPushDownFilters {

  private final Checkpoint checkpoint;
  private final boolean tensors;
  private final Configuration hadoop;
  private StructType columns;
  private List<NameFilter> names = List.of();

  SafeTensorsScanBuilder(
      Checkpoint checkpoint, StructType columns, boolean tensors, Configuration hadoop) {
    this.checkpoint = checkpoint;
    this.columns = columns;
    this.tensors = tensors;
    this.hadoop = hadoop;
  }

  @Override
  public void pruneColumns(StructType required) {
    columns = required;
  }

  @Override
  public Filter[] pushFilters(Filter[] filters) {
    List<NameFilter> taken = new ArrayList<>();
    List<Filter> left = new ArrayList<>();
    for (Filter filter : filters) {
      NameFilter.of(filter).ifPresentOrElse(taken::add, () -> left.add(filter));
    }
    names = taken;
    return left.toArray(Filter[]::new);
  }

  @Override
  public Filter[] pushedFilters() {
    return names.stream().map(NameFilter::filter).toArray(Filter[]::new);
  }

  @Override
  public Scan build() {
    List<CheckpointTensor> chosen =
        checkpoint.tensors().stream()
            .filter(tensor -> names.stream().allMatch(name -> name.test(tensor.name())))
            .toList();
    return tensors
        ? new TensorScan(checkpoint, chosen, columns)
        : new RowScan(checkpoint, chosen, columns, hadoop);
  }
}
