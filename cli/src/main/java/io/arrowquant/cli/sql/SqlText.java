package io.arrowquant.cli.sql;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Text of several statements, cut at semicolons as DuckDB's own lexer would: not inside strings,
 * quoted names, dollar quotes or comments.
 *
 * @param statements those that ended, without their semicolons, none of them blank
 * @param rest what follows the last semicolon; empty where that is blank or a comment
 */
public record SqlText(List<Statement> statements, String rest) {

  /**
   * @param sql as typed
   * @param quoted names in double quotes, without them
   * @param words all others, in lower case: keywords, names, function names
   * @param texts what stands in single or dollar quotes, without them; {@code E'...'} without its
   *     backslashes
   */
  public record Statement(String sql, Set<String> quoted, Set<String> words, List<String> texts) {}

  /** Cuts a text that may go on. */
  public static SqlText of(String text) {
    Lexer lexer = new Lexer(text);
    List<Statement> statements = new ArrayList<>();
    while (lexer.statement()) {
      if (lexer.hasTokens) {
        statements.add(lexer.taken());
      }
      lexer.begin();
    }
    return new SqlText(List.copyOf(statements), lexer.hasTokens ? lexer.text().strip() : "");
  }

  /** All statements; the last needs no semicolon. */
  public static List<Statement> all(String text) {
    return of(text + "\n;").statements();
  }

  private static final class Lexer {
    private final String all;
    private int at;
    private int start;
    private Set<String> quoted = new LinkedHashSet<>();
    private Set<String> words = new LinkedHashSet<>();
    private List<String> texts = new ArrayList<>();
    private boolean hasTokens;

    Lexer(String all) {
      this.all = all;
    }

    void begin() {
      start = at;
      hasTokens = false;
      quoted = new LinkedHashSet<>();
      words = new LinkedHashSet<>();
      texts = new ArrayList<>();
    }

    String text() {
      return all.substring(start, at);
    }

    Statement taken() {
      return new Statement(all.substring(start, at - 1).strip(), quoted, words, texts);
    }

    /** Moves behind the next semicolon; false where the text ends before. */
    boolean statement() {
      while (at < all.length()) {
        char c = all.charAt(at);
        if (c == ';') {
          at++;
          return true;
        } else if (Character.isWhitespace(c)) {
          at++;
        } else if (all.startsWith("--", at)) {
          at = indexOr(all.indexOf('\n', at));
        } else if (all.startsWith("/*", at)) {
          comment();
        } else {
          hasTokens = true;
          token(c);
        }
      }
      return false;
    }

    private void token(char c) {
      if (c == '\'') {
        texts.add(quotes('\'', false));
      } else if ((c == 'e' || c == 'E') && all.startsWith("'", at + 1)) {
        at++;
        texts.add(quotes('\'', true).replaceAll("\\\\(.)", "$1"));
      } else if (c == '"') {
        quoted.add(quotes('"', false));
      } else if (c == '$') {
        dollar();
      } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
        int from = at;
        while (at < all.length()
            && (Character.isUnicodeIdentifierPart(all.charAt(at)) || all.charAt(at) == '$')) {
          at++;
        }
        words.add(all.substring(from, at).toLowerCase(Locale.ROOT));
      } else {
        at++;
      }
    }

    /** Moves behind a quoted text and gives it; a doubled quote stands for itself. */
    private String quotes(char quote, boolean backslashes) {
      int from = ++at;
      while (at < all.length()) {
        char c = all.charAt(at++);
        if (backslashes && c == '\\') {
          at = Math.min(all.length(), at + 1);
        } else if (c == quote) {
          if (at < all.length() && all.charAt(at) == quote) {
            at++;
          } else {
            break;
          }
        }
      }
      String twice = String.valueOf(quote).repeat(2);
      return all.substring(from, Math.max(from, at - 1)).replace(twice, String.valueOf(quote));
    }

    private void dollar() {
      int end = at + 1;
      while (end < all.length() && Character.isUnicodeIdentifierPart(all.charAt(end))) {
        end++;
      }
      boolean isTag =
          end < all.length()
              && all.charAt(end) == '$'
              && !(end > at + 1 && Character.isDigit(all.charAt(at + 1)));
      if (!isTag) {
        at++;
        return;
      }
      String tag = all.substring(at, end + 1);
      int close = all.indexOf(tag, end + 1);
      texts.add(all.substring(end + 1, indexOr(close)));
      at = close < 0 ? all.length() : close + tag.length();
    }

    /** Comments nest. */
    private void comment() {
      int depth = 0;
      do {
        if (all.startsWith("/*", at)) {
          depth++;
          at += 2;
        } else if (all.startsWith("*/", at)) {
          depth--;
          at += 2;
        } else {
          at++;
        }
      } while (depth > 0 && at < all.length());
      at = Math.min(at, all.length());
    }

    private int indexOr(int found) {
      return found < 0 ? all.length() : found;
    }
  }
}
