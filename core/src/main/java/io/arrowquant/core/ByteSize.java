package io.arrowquant.core;

import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes as people write them: {@code 1500m}, {@code 1.5g}, {@code 5GB} are decimal, {@code 1.5GiB}
 * is binary, and a number alone counts bytes.
 */
public final class ByteSize {

  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)\\s*(?:([kmgt])(i?)b?|b)?");
  private static final String PREFIXES = "kmgt";

  private ByteSize() {}

  /** Whole bytes, one at least; empty where the text is no size. */
  public static OptionalLong parse(String text) {
    Matcher matcher = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return OptionalLong.empty();
    }
    double unit = 1;
    if (matcher.group(2) != null) {
      boolean binary = !matcher.group(3).isEmpty();
      unit = Math.pow(binary ? 1024 : 1000, PREFIXES.indexOf(matcher.group(2)) + 1);
    }
    double bytes = Double.parseDouble(matcher.group(1)) * unit;
    return bytes >= 1 && bytes <= 1L << 62
        ? OptionalLong.of(Math.round(bytes))
        : OptionalLong.empty();
  }
}
