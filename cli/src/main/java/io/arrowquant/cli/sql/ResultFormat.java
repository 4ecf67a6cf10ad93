package io.arrowquant.cli.sql;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** How rows are printed. All but the box print each row as it comes. */
public enum ResultFormat {
  /** For terminals: lines drawn around cells, the first and the last rows of many. */
  BOX,
  CSV,
  /** An array of objects. */
  JSON,
  /** An object a line. */
  JSONLINES,
  MARKDOWN;

  /** The format that the end of a file's name asks for. */
  public static Optional<ResultFormat> of(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "csv" -> Optional.of(CSV);
      case "json" -> Optional.of(JSON);
      case "jsonl", "ndjson" -> Optional.of(JSONLINES);
      case "md" -> Optional.of(MARKDOWN);
      case "txt" -> Optional.of(BOX);
      default -> Optional.empty();
    };
  }

  /** Prints the rows of a result that are left. */
  public void print(QueryResult result, PrintWriter out) {
    switch (this) {
      case BOX -> BoxPrinter.print(result, out);
      case CSV -> TextPrinter.csv(result, out);
      case JSON -> TextPrinter.json(result, out);
      case JSONLINES -> TextPrinter.jsonLines(result, out);
      case MARKDOWN -> TextPrinter.markdown(result, out);
    }
  }
}
