package io.arrowquant.cli.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.quantize.QuantizedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README tells users to type does what it says. */
class ReadmeTest {

  private static final String LAYER = "transformer_blocks.0.attn1.to_q.weight";

  @TempDir Path folder;

  @Test
  void commandsAndQueriesWork() throws IOException, SQLException {
    DocPage page = DocPage.read(Path.of("..", "README.md"));
    Path out = folder.resolve("OUT");
    new SyntheticCheckpoint(300_000, DType.BF16, 2, 1)
        .write(folder.resolve("MODEL"), Progress.NONE);

    int commands = page.run(folder);
    assertTrue(commands >= 4, "commands found: " + commands);

    String sql = page.blocks("sql").replace("OUT", out.toString()).replace("proj.weight", LAYER);
    assertEquals(weights(out), numbersOf(sql));
  }

  /** Runs all queries; what those answer that give lists of numbers, one after the other. */
  private static List<Float> numbersOf(String sql) throws SQLException {
    List<Float> numbers = new ArrayList<>();
    try (Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duckdb.createStatement()) {
      for (String query : sql.strip().split(";")) {
        try (ResultSet rows = statement.executeQuery(query)) {
          while (rows.next()) {
            if (rows.getObject(2) instanceof Array list) {
              for (Object number : (Object[]) list.getArray()) {
                numbers.add((Float) number);
              }
            }
          }
        }
      }
    }
    return numbers;
  }

  private static List<Float> weights(Path model) {
    List<Float> weights = new ArrayList<>();
    try (RootAllocator allocator = new RootAllocator();
        QuantizedModel opened = QuantizedModel.open(model);
        Float4Vector vector = opened.dequantize(LAYER, allocator)) {
      for (int i = 0; i < vector.getValueCount(); i++) {
        weights.add(vector.get(i));
      }
    }
    return weights;
  }
}
