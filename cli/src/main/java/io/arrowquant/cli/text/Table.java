package io.arrowquant.cli.text;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns of text: numbers to the right, the rest to the left. */
public final class Table {

  private static final int MAX_CELL = 60;

  private final List<String> head;
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... head) {
    this.head = List.of(head);
  }

  /** Adds a row of as many cells as the head has. */
  public Table row(String... cells) {
    if (cells.length != head.size()) {
      throw new IllegalArgumentException(cells.length + " cells under " + head.size() + " heads");
    }
    List<String> row = new ArrayList<>();
    for (String cell : cells) {
      row.add(Printable.fit(cell, MAX_CELL));
    }
    rows.add(row);
    return this;
  }

  public void print(PrintWriter out, String indent) {
    int columns = head.size();
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      widths[c] = head.get(c).length();
      numeric[c] = c > 0 && !rows.isEmpty(); // the first column holds names
      for (List<String> row : rows) {
        String cell = row.get(c);
        widths[c] = Math.max(widths[c], cell.length());
        numeric[c] &= cell.isEmpty() || numeric(cell);
      }
    }
    printRow(out, indent, head, widths, numeric);
    for (List<String> row : rows) {
      printRow(out, indent, row, widths, numeric);
    }
  }

  private static void printRow(
      PrintWriter out, String indent, List<String> row, int[] widths, boolean[] numeric) {
    StringBuilder line = new StringBuilder(indent);
    for (int c = 0; c < widths.length; c++) {
      String pad = " ".repeat(widths[c] - row.get(c).length());
      line.append(c == 0 ? "" : "  ");
      line.append(numeric[c] ? pad + row.get(c) : row.get(c) + pad);
    }
    out.println(line.toString().stripTrailing());
  }

  private static boolean numeric(String cell) {
    char first = cell.charAt(0);
    char second = cell.length() > 1 ? cell.charAt(1) : '0';
    return Character.isDigit(first)
        || first == '-' && (cell.length() == 1 || Character.isDigit(second));
  }
}
