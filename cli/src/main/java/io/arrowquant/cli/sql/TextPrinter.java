package io.arrowquant.cli.sql;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import java.io.PrintWriter;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Formats that print each row as it comes. */
final class TextPrinter {

  private TextPrinter() {}

  /** RFC 4180, but with the line ends of the system; null is an empty field, "" an empty text. */
  static void csv(QueryResult result, PrintWriter out) {
    out.println(join(result, ",", c -> quoted(result.columnName(c))));
    while (result.next()) {
      out.println(
          join(
              result,
              ",",
              c -> {
                Object value = result.object(c);
                return value == null ? "" : quoted(Cell.text(value));
              }));
    }
  }

  private static String quoted(String text) {
    boolean plain =
        !text.isEmpty()
            && text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  static void markdown(QueryResult result, PrintWriter out) {
    out.println("| " + join(result, " | ", c -> escaped(result.columnName(c))) + " |");
    out.println("|" + "---|".repeat(result.columnCount()));
    while (result.next()) {
      out.println(
          "| "
              + join(
                  result,
                  " | ",
                  c -> {
                    Object value = result.object(c);
                    return value == null ? "" : escaped(Cell.text(value));
                  })
              + " |");
    }
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\")
        .replace("|", "\\|")
        .replace("<", "&lt;")
        .replaceAll("\\R", "<br>");
  }

  static void json(QueryResult result, PrintWriter out) {
    String before = "[";
    while (result.next()) {
      out.println(before);
      out.print(Json.line(object(result)));
      before = ",";
    }
    out.println(before.equals("[") ? "[]" : "\n]");
  }

  static void jsonLines(QueryResult result, PrintWriter out) {
    while (result.next()) {
      out.println(Json.line(object(result)));
    }
  }

  private static ObjectNode object(QueryResult result) {
    ObjectNode row = Json.object();
    for (int c = 0; c < result.columnCount(); c++) {
      row.set(result.columnName(c), Cell.json(result.object(c)));
    }
    return row;
  }

  private static String join(QueryResult result, String with, Function<Integer, String> cell) {
    return IntStream.range(0, result.columnCount())
        .boxed()
        .map(cell)
        .collect(Collectors.joining(with));
  }
}
