package io.arrowquant.cli.text;

import java.util.Locale;

/** Amounts as people read them: decimal units, three significant digits. */
public final class Quantity {

  private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P", "E"};

  private Quantity() {}

  /** {@code 1234567} is {@code 1.23 MB}. */
  public static String bytes(double bytes) {
    return scaled(bytes, 'B');
  }

  /** {@code 1234567} is {@code 1.23 M}. */
  public static String count(double count) {
    return scaled(count, '\0').strip();
  }

  /** {@code 0.043} is {@code 4.3 %}; what is not nothing is never shown as 0. */
  public static String percent(double share) {
    if (share > 0 && share < 0.0005) {
      return "< 0.1 %";
    }
    return String.format(Locale.ROOT, "%.1f %%", share * 100);
  }

  /** {@code 20.31 dB}, or {@code exact} where nothing was lost. */
  public static String decibels(double decibels) {
    return decibels == Double.POSITIVE_INFINITY
        ? "exact"
        : String.format(Locale.ROOT, "%.2f dB", decibels);
  }

  /** Six decimals; only what is 1 is shown as 1. */
  public static String cosine(double cosine) {
    return String.format(Locale.ROOT, "%.6f", cosine < 1 ? Math.min(cosine, 0.999999) : cosine);
  }

  /** {@code 83} seconds is {@code 1:23}, {@code 4000} is {@code 1:06:40}. */
  public static String clock(double seconds) {
    long whole = Math.max(0, Math.round(seconds));
    return whole < 3600
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  private static String scaled(double amount, char unit) {
    double scaled = amount;
    int prefix = 0;
    while (scaled >= 999.5 && prefix < PREFIXES.length - 1) {
      scaled /= 1000;
      prefix++;
    }
    int decimals = prefix == 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
    String number = String.format(Locale.ROOT, "%." + decimals + "f", scaled);
    return number + " " + PREFIXES[prefix] + (unit == '\0' ? "" : String.valueOf(unit));
  }
}
