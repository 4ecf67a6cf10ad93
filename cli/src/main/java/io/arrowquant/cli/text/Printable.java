package io.arrowquant.cli.text;

/**
 * Makes strings from model files fit for a terminal: names may hold anything, control sequences
 * that repaint the screen among it.
 */
public final class Printable {

  private Printable() {}

  /** The text with every control, format and lone surrogate character as a Unicode escape. */
  public static String line(String text) {
    if (text == null) {
      return "no message";
    }
    StringBuilder line = null;
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      int next = i + Character.charCount(point);
      if (harmful(point)) {
        if (line == null) {
          line = new StringBuilder(text.length() + 16).append(text, 0, i);
        }
        for (int c = i; c < next; c++) {
          line.append("\\u%04x".formatted((int) text.charAt(c)));
        }
      } else if (line != null) {
        line.appendCodePoint(point);
      }
      i = next;
    }
    return line == null ? text : line.toString();
  }

  /** As {@link #line}, cut in the middle where it is longer than {@code width} characters. */
  public static String fit(String text, int width) {
    String line = line(text);
    if (line.length() <= width) {
      return line;
    }
    int head = (width - 3) / 2;
    int tail = width - 3 - head;
    return line.substring(0, head) + "..." + line.substring(line.length() - tail);
  }

  private static boolean harmful(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
