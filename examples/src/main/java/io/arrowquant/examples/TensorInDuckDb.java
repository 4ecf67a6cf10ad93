package io.arrowquant.examples;

import io.arrowquant.arrow.tensor.SafeTensorsAdapter;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.memory.RootAllocator;
import org.duckdb.DuckDBConnection;

/**
 * Asks DuckDB about a tensor of a SafeTensors file where it lies: the file is mapped, its bytes are
 * the Arrow vector, and the C data interface hands the vector over, so that no weight is copied.
 */
public final class TensorInDuckDb {

  private TensorInDuckDb() {}

  public static void main(String[] args) throws SQLException {
    if (args.length != 2) {
      System.err.println("usage: TensorInDuckDb MODEL TENSOR");
      System.exit(2);
    }
    System.out.println(largest(Path.of(args[0]), args[1]));
  }

  /** The row with the largest weight, and that weight; the tensor is a matrix of F32 or F64. */
  static String largest(Path model, String tensor) throws SQLException {
    try (RootAllocator allocator = new RootAllocator();
        SafeTensorsAdapter adapter = SafeTensorsAdapter.load(model, allocator);
        DuckDBConnection duckdb =
            DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class);
        ArrowArrayStream stream = ArrowArrayStream.allocateNew(allocator)) {
      // BF16, F16 and 8-bit floats, which SQL has not, are widened by exportStreamF32.
      adapter.exportStream(tensor, stream);
      // A stream is read once: what is asked more often goes into a table of DuckDB's.
      duckdb.registerArrowStream("tensor", stream);
      try (Statement statement = duckdb.createStatement();
          ResultSet rows =
              statement.executeQuery(
                  "SELECT row, weight FROM (SELECT row_number() OVER () - 1 AS row,"
                      + " list_max(weights::FLOAT[]) AS weight FROM tensor AS t(weights))"
                      + " ORDER BY weight DESC LIMIT 1")) {
        rows.next();
        return "row " + rows.getLong(1) + " has " + rows.getFloat(2);
      }
    }
  }
}
