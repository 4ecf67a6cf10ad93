package io.arrowquant.cli.demo;

import io.arrowquant.cli.text.Table;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;

/** Queries over a written model with DuckDB, which reads its Parquet as it would any other. */
public final class ModelQueries implements AutoCloseable {

  private static final String INDENT = "  ";

  private static final String WORST_LAYERS =
      """
      SELECT layer_name, quant_type, num_params, round(bits_per_weight, 2) AS bits,
             round(sqnr_db, 1) AS sqnr_db
      FROM '%1$s/layers.parquet'
      WHERE quant_type <> 'none'
      ORDER BY sqnr_db LIMIT 5
      """;

  private static final String CODES =
      """
      SELECT code, count(*) AS weights,
             repeat('#', (30 * count(*) / max(count(*)) OVER ())::INT) AS histogram
      FROM (SELECT unnest(codes) AS code FROM '%1$s/weights/*.parquet'
            WHERE layer_name = '%2$s')
      GROUP BY code ORDER BY code
      """;

  private static final String WEIGHTS =
      """
      SELECT "row", [round((codes[i] - zero_points[(i - 1) // group_size + 1])
                           * scales[(i - 1) // group_size + 1], 4)
                     FOR i IN range(1, 7)] AS first_weights
      FROM '%1$s/weights/*.parquet'
      WHERE layer_name = '%2$s' AND col_start = 0
      ORDER BY "row" LIMIT 3
      """;

  private final Connection duckdb;
  private final String model;

  /**
   * @param model the model's folder
   */
  public ModelQueries(Path model) throws SQLException {
    Path absolute = model.toAbsolutePath();
    this.model = absolute.getFileName().toString();
    this.duckdb = DriverManager.getConnection("jdbc:duckdb:");
    try (Statement statement = duckdb.createStatement()) {
      // As if started in the folder that holds the model: the queries stay short.
      statement.execute("SET file_search_path = '" + literal(absolute.getParent()) + "'");
    }
  }

  /**
   * Prints each query, its answer below it.
   *
   * @param layer the one to look into
   */
  public void show(PrintWriter out, String layer) throws SQLException {
    show(out, "Which layers lost most?", WORST_LAYERS, layer);
    show(out, "How often is each code used in one layer?", CODES, layer);
    show(out, "What are its first weights?", WEIGHTS, layer);
  }

  @Override
  public void close() throws SQLException {
    duckdb.close();
  }

  private void show(PrintWriter out, String question, String query, String layer)
      throws SQLException {
    String sql = query.formatted(literal(model), literal(layer));
    out.println(question);
    out.println();
    sql.lines().forEach(line -> out.println(INDENT + line));
    out.println();
    try (Statement statement = duckdb.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      table(rows).print(out, INDENT);
    }
    out.println();
  }

  private static Table table(ResultSet rows) throws SQLException {
    ResultSetMetaData columns = rows.getMetaData();
    String[] head = new String[columns.getColumnCount()];
    for (int c = 0; c < head.length; c++) {
      head[c] = columns.getColumnLabel(c + 1);
    }
    Table table = new Table(head);
    while (rows.next()) {
      String[] cells = new String[head.length];
      for (int c = 0; c < head.length; c++) {
        Object value = rows.getObject(c + 1);
        cells[c] = value == null ? "" : value.toString();
      }
      table.row(cells);
    }
    return table;
  }

  /** Inside single quotes. */
  private static String literal(Object text) {
    return text.toString().replace("'", "''");
  }
}
