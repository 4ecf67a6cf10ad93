package io.arrowquant.core.config;

import java.util.function.Predicate;

/**
 * A pattern over whole tensor names: {@code *} stands for any run of characters, dots and slashes
 * included, {@code ?} for exactly one. Everything else stands for itself. Matching takes no
 * exponential time, whatever the pattern.
 *
 * @param pattern as written
 */
public record NameGlob(String pattern) implements Predicate<String> {

  @Override
  public boolean test(String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int resume = 0;
    while (n < name.length()) {
      char c = p < pattern.length() ? pattern.charAt(p) : '\0';
      if (p < pattern.length() && c == '*') {
        star = p++;
        resume = n;
      } else if (p < pattern.length() && (c == '?' || c == name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        // Only the last star needs to be tried again: what earlier ones took can stay.
        p = star + 1;
        n = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
