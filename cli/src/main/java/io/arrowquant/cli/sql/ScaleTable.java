package io.arrowquant.cli.sql;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.quantize.QuantizedModel;
import io.arrowquant.quantize.plan.WeightScale;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/** Scales beside kept 8-bit floats, as a table that the view of floats joins. */
final class ScaleTable {

  private ScaleTable() {}

  static void fill(Connection duckdb, QuantizedModel model) throws SQLException {
    try (DuckDBAppender rows =
            duckdb.unwrap(DuckDBConnection.class).createAppender("aq_kept_scales");
        RootAllocator allocator = new RootAllocator()) {
      for (LayerRecord layer : model.layers()) {
        Optional<WeightScale> scale = model.layer(layer.name()).keptScale();
        if (scale.isPresent()) {
          WeightScale found = scale.get();
          rows.beginRow()
              .append(layer.layerId())
              .append(found.blockRows())
              .append(found.blockColumns())
              .append(found.scalesPerRow())
              .append(floats(model, found.tensor().name(), allocator))
              .endRow();
        }
      }
    }
  }

  private static float[] floats(QuantizedModel model, String tensor, RootAllocator allocator) {
    try (Float4Vector vector = model.dequantize(tensor, allocator)) {
      float[] floats = new float[vector.getValueCount()];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = vector.get(i);
      }
      return floats;
    }
  }
}
