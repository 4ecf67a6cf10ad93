package io.arrowquant.cli.sql;

import io.arrowquant.cli.text.Printable;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.jline.utils.WCWidth;

/** A table for a terminal. Of many rows only the first and the last are kept and shown. */
final class BoxPrinter {

  private static final int HEAD = 30;
  private static final int TAIL = 10;
  private static final int MAX_CELL = 60;

  private BoxPrinter() {}

  static void print(QueryResult result, PrintWriter out) {
    int columns = result.columnCount();
    List<String> names = new ArrayList<>();
    List<String> types = new ArrayList<>();
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      names.add(Printable.fit(result.columnName(c), MAX_CELL));
      types.add(Printable.fit(result.columnType(c), MAX_CELL));
      numeric[c] =
          types.get(c).matches("(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)");
    }
    List<List<String>> head = new ArrayList<>();
    Deque<List<String>> tail = new ArrayDeque<>();
    long rows = 0;
    for (; result.next(); rows++) {
      List<String> row = row(result, columns);
      if (head.size() < HEAD) {
        head.add(row);
      } else {
        tail.add(row);
        if (tail.size() > TAIL) {
          tail.remove();
        }
      }
    }
    long hidden = rows - head.size() - tail.size();
    List<List<String>> shown = new ArrayList<>(head);
    shown.addAll(tail);
    int[] widths = widths(columns, names, types, shown);
    rule(out, widths, '┌', '┬', '┐');
    line(out, widths, names, new boolean[columns]);
    line(out, widths, types, new boolean[columns]);
    rule(out, widths, '├', '┼', '┤');
    head.forEach(row -> line(out, widths, row, numeric));
    if (hidden > 0) {
      line(out, widths, Collections.nCopies(columns, "·"), numeric);
    }
    tail.forEach(row -> line(out, widths, row, numeric));
    rule(out, widths, '└', '┴', '┘');
    if (rows != 1) {
      out.println(rows + " rows" + (hidden > 0 ? ", " + shown.size() + " shown" : ""));
    }
  }

  private static List<String> row(QueryResult result, int columns) {
    List<String> row = new ArrayList<>();
    for (int c = 0; c < columns; c++) {
      Object value = result.object(c);
      String type = value == null ? "NULL" : Cell.glance(value, MAX_CELL);
      // EXPLAIN draws a picture over several lines.
      row.add(columns == 2 && type.contains("\n") ? type : Printable.fit(type, MAX_CELL));
    }
    return row;
  }

  private static int[] widths(
      int columns, List<String> names, List<String> types, List<List<String>> rows) {
    int[] widths = new int[columns];
    for (int c = 0; c < columns; c++) {
      widths[c] = Math.max(width(names.get(c)), width(types.get(c)));
      for (List<String> row : rows) {
        for (String line : row.get(c).split("\n", -1)) {
          widths[c] = Math.max(widths[c], width(line));
        }
      }
    }
    return widths;
  }

  private static void rule(PrintWriter out, int[] widths, char left, char middle, char right) {
    StringBuilder rule = new StringBuilder().append(left);
    for (int c = 0; c < widths.length; c++) {
      rule.append(c == 0 ? "" : String.valueOf(middle)).append("─".repeat(widths[c] + 2));
    }
    out.println(rule.append(right));
  }

  private static void line(PrintWriter out, int[] widths, List<String> row, boolean[] numeric) {
    int height = row.stream().mapToInt(cell -> cell.split("\n", -1).length).max().orElse(1);
    for (int i = 0; i < height; i++) {
      StringBuilder line = new StringBuilder("│");
      for (int c = 0; c < widths.length; c++) {
        String[] lines = row.get(c).split("\n", -1);
        String cell = i < lines.length ? Printable.line(lines[i]) : "";
        String pad = " ".repeat(Math.max(0, widths[c] - width(cell)));
        line.append(' ').append(numeric[c] ? pad + cell : cell + pad).append(" │");
      }
      out.println(line);
    }
  }

  private static int width(String text) {
    return text.codePoints().map(point -> Math.max(0, WCWidth.wcwidth(point))).sum();
  }
}
