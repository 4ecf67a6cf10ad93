package io.arrowquant.cli.sql;

import io.arrowquant.arrow.parquet.Manifest;
import io.arrowquant.cli.file.TemporaryFolder;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.InvalidQueryException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.util.AutoCloseables;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBConnection;

/**
 * DuckDB in memory over one model. A quantized model has the tables {@code layers}, {@code
 * weights}, {@code dequantized} and {@code tensors}, a SafeTensors checkpoint {@code tensors} and
 * {@code weights}; either has a table by the name of each tensor. Checkpoints and tables of tensors
 * come over the Arrow C stream, float32 without a copy.
 *
 * <p>Statements can make tables of their own, but reach no network, load no extensions, and read
 * and write no file outside the folders of the options; configuration is locked. For one thread at
 * a time; interrupting it cancels the statement that runs.
 */
public final class ModelDatabase implements AutoCloseable {

  private final Path path;
  private final TemporaryFolder spill;
  private final BufferAllocator allocator = new RootAllocator();
  private final ModelTables tables;
  private final DuckDBConnection duckdb;
  private final Map<String, StreamedView> streams = new HashMap<>();
  private final Set<String> tensors;
  private final boolean mayCopy;
  private final OwnFiles own;

  private ModelDatabase(Path path, DatabaseOptions options) {
    this.path = path;
    this.mayCopy = !options.folders().isEmpty();
    this.spill = TemporaryFolder.create("arrowquant-sql");
    ModelTables opened = null;
    DuckDBConnection connection = null;
    try {
      opened = tables(path, allocator);
      Properties properties = new Properties();
      properties.setProperty("jdbc_stream_results", "true");
      connection =
          DriverManager.getConnection("jdbc:duckdb:", properties).unwrap(DuckDBConnection.class);
      this.tables = opened;
      this.duckdb = connection;
      this.tensors = new HashSet<>(tables.tensors());
      this.own = OwnFiles.of(tables.own());
      configure(options);
    } catch (SQLException e) {
      close(opened, connection);
      throw QueryFailure.of(e);
    } catch (RuntimeException | Error e) {
      close(opened, connection);
      throw e;
    }
  }

  /**
   * Opens a model: a quantized one where there is a manifest, a checkpoint otherwise.
   *
   * @throws io.arrowquant.core.ArrowQuantException as opening the model does
   */
  public static ModelDatabase open(Path model, DatabaseOptions options) {
    return new ModelDatabase(model, options);
  }

  private static ModelTables tables(Path path, BufferAllocator allocator) {
    if (!Manifest.isIn(path)) {
      return new CheckpointTables(path, allocator);
    }
    try {
      return new QuantizedTables(path.toRealPath());
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(path, e);
    }
  }

  private void configure(DatabaseOptions options) throws SQLException {
    execute("SET autoinstall_known_extensions = false");
    execute("SET autoload_known_extensions = false");
    execute("SET allow_community_extensions = false");
    execute("SET memory_limit = '" + options.memoryBytes() / 1000 + "KB'");
    execute("SET temp_directory = " + Sql.literal(spill.path().toString()));
    if (options.threads() > 0) {
      execute("SET threads = " + options.threads());
    }
    for (String view : tables.streamed()) {
      stream(view, () -> tables.rows(view, allocator));
    }
    tables.create(duckdb);
    execute("SET allowed_paths = " + list(tables.files()));
    execute("SET allowed_directories = " + list(folders(options)));
    execute("SET enable_external_access = false");
    execute("SET lock_configuration = true");
  }

  private static List<String> folders(DatabaseOptions options) {
    List<String> folders = new ArrayList<>();
    for (Path folder : options.folders()) {
      if (!Files.isDirectory(folder)) {
        throw new InvalidConfigException(QuotedName.of(folder) + " is no folder.");
      }
      // As typed and in full: statements may name files either way.
      folders.add(folder + "/");
      folders.add(folder.toAbsolutePath().normalize() + "/");
    }
    return folders;
  }

  private static String list(List<String> paths) {
    return paths.stream().map(Sql::literal).collect(Collectors.joining(", ", "[", "]"));
  }

  /** The path that was opened. */
  public Path path() {
    return path;
  }

  /** Names of the model's own tables and macros, and of those that statements made, each a line. */
  public List<String> tableNames() {
    List<String> names = new ArrayList<>();
    String query =
        "SELECT table_name FROM information_schema.tables WHERE NOT starts_with(table_name, 'aq_')"
            + " ORDER BY ALL";
    try (QueryResult result = run(SqlText.all(query).get(0))) {
      while (result.next()) {
        names.add(result.object(0).toString());
      }
    }
    return names;
  }

  /** Number of tensors, each a table of its own name. */
  public int tensorCount() {
    return tensors.size();
  }

  /**
   * Runs a statement.
   *
   * @return its rows, to be closed before the next statement
   * @throws InvalidQueryException if DuckDB refuses it, or if it fails
   */
  public QueryResult run(SqlText.Statement statement) {
    checkAllowed(statement);
    try {
      prepareStreams(statement);
      return QueryResult.of(duckdb, statement.sql(), this::refillStreams);
    } catch (SQLException e) {
      throw QueryFailure.of(e);
    }
  }

  /**
   * Runs a query and gives its rows as Arrow batches.
   *
   * @return owned by the caller, to be closed before the next statement
   * @throws InvalidQueryException if DuckDB refuses it, or if it is not one query
   */
  public ArrowReader query(String sql, BufferAllocator allocator) {
    List<SqlText.Statement> statements = SqlText.all(sql);
    if (statements.size() != 1) {
      throw new InvalidQueryException(
          "The SQL holds " + statements.size() + " statements; expected one query.");
    }
    QueryResult result = run(statements.get(0));
    return result.arrow(allocator);
  }

  private void checkAllowed(SqlText.Statement statement) {
    if (!mayCopy && statement.words().contains("copy")) {
      throw new InvalidQueryException(
          "COPY reads and writes files, which needs a folder given with --folder; a result goes to"
              + " a file with --output.");
    }
    own.check(statement);
  }

  /** Every stream that the statement may read is there, fresh: it can be read once. */
  private void prepareStreams(SqlText.Statement statement) throws SQLException {
    for (String name : statement.quoted()) {
      if (tensors.contains(name) && !streams.containsKey(name) && !isTaken(name)) {
        stream(name, () -> tables.rows(name::equals, allocator));
      }
    }
    refillStreams();
  }

  private void refillStreams() {
    for (StreamedView view : streams.values()) {
      view.refill(duckdb);
    }
  }

  private boolean isTaken(String name) {
    return tableNames().contains(name);
  }

  private void stream(String name, Supplier<ArrowReader> rows) throws SQLException {
    // DuckDB takes the view's name as it is; ours needs no quotes.
    String source = "aq_stream_" + streams.size();
    StreamedView view = new StreamedView(source, rows, allocator);
    streams.put(name, view);
    view.refill(duckdb);
    execute("CREATE VIEW " + Sql.name(name) + " AS FROM " + source);
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = duckdb.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    close(tables, duckdb);
  }

  private void close(ModelTables opened, DuckDBConnection connection) {
    List<AutoCloseable> all = new ArrayList<>();
    if (connection != null) {
      all.add(connection);
    }
    all.addAll(streams.values());
    if (opened != null) {
      all.add(opened);
    }
    all.add(allocator);
    all.add(spill);
    AutoCloseables.closeNoChecked(() -> AutoCloseables.close(all));
  }
}
