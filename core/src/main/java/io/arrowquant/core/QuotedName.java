package io.arrowquant.core;

import java.nio.file.Path;

/**
 * Names from files, made safe for messages. A tensor's name is any string and may hold terminal
 * control codes, direction overrides or a megabyte of text.
 */
public final class QuotedName {

  private static final int LONGEST = 160;
  private static final int SHORTENED = 100;

  private QuotedName() {}

  /** The name in double quotes, control characters escaped, shortened when very long. */
  public static String of(String name) {
    if (name.length() <= LONGEST) {
      return '"' + escape(name) + '"';
    }
    int cut = Character.isHighSurrogate(name.charAt(SHORTENED - 1)) ? SHORTENED - 1 : SHORTENED;
    return '"' + escape(name.substring(0, cut)) + "...\" (" + name.length() + " characters)";
  }

  /** The path in double quotes, whole, control characters escaped. */
  public static String of(Path path) {
    return '"' + escape(path.toString()) + '"';
  }

  /** The text without quotes, control characters escaped. */
  static String escape(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (isVisible(c)) {
                out.appendCodePoint(c);
              } else {
                out.append("\\u{").append(Integer.toHexString(c)).append('}');
              }
            });
    return out.toString();
  }

  private static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED,
          Character.PRIVATE_USE ->
          false;
      default -> true;
    };
  }
}
