package io.arrowquant.quantize.fit;

import io.arrowquant.arrow.parquet.PageLayout;
import io.arrowquant.arrow.parquet.RowRun;
import io.arrowquant.quantize.kernel.Widen;
import io.arrowquant.quantize.measure.ErrorSums;
import java.util.List;

/**
 * What one call quantizes: the rows of a row group, where their bytes are, and where their errors
 * go.
 */
record Slice(PageLayout layout, List<SourceRows> sources, List<ErrorSums> sums) {

  Slice {
    int runs = layout.runs().size();
    if (sources.size() != runs || sums.size() != runs) {
      throw new IllegalArgumentException(
          "a slice of %d runs needs as many sources and sums, but has %d and %d"
              .formatted(runs, sources.size(), sums.size()));
    }
    for (int r = 0; r < runs; r++) {
      RowRun run = layout.runs().get(r);
      if (!sources.get(r).holds(run.weights())) {
        throw new IllegalArgumentException(
            "%s: %d bytes from offset %d hold fewer than %d rows of %d %s"
                .formatted(
                    run.layerName(),
                    sources.get(r).bytes().capacity(),
                    sources.get(r).offset(),
                    run.rowCount(),
                    run.columns(),
                    sources.get(r).dtype()));
      }
      ColumnImportance importance = sources.get(r).importance();
      if (importance != null && importance.columns() != run.columns()) {
        throw new IllegalArgumentException(
            "%s: the importance of %d columns is given, and there are %d"
                .formatted(run.layerName(), importance.columns(), run.columns()));
      }
      if (run.groupSize() < 1 || run.groupSize() > Widen.STAGE) {
        throw new IllegalArgumentException(
            "%s: the group size is %d, and 1 to %d is expected"
                .formatted(run.layerName(), run.groupSize(), Widen.STAGE));
      }
    }
  }
}
