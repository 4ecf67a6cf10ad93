package io.arrowquant.core.remote;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Content-Range header with a total.
 *
 * @param first byte
 * @param last byte, inclusive
 * @param total bytes of the whole file
 */
record ContentRange(long first, long last, long total) {

  private static final Pattern RANGE =
      Pattern.compile("bytes\\s+(\\d{1,18})-(\\d{1,18})/(\\d{1,18})", Pattern.CASE_INSENSITIVE);
  private static final Pattern UNSATISFIED =
      Pattern.compile("bytes\\s+\\*/(\\d{1,18})", Pattern.CASE_INSENSITIVE);

  /** Empty where the header is malformed, or does not say how long the file is. */
  static Optional<ContentRange> parse(String header) {
    Matcher range = RANGE.matcher(header.strip());
    if (!range.matches()) {
      return Optional.empty();
    }
    ContentRange parsed =
        new ContentRange(
            Long.parseLong(range.group(1)),
            Long.parseLong(range.group(2)),
            Long.parseLong(range.group(3)));
    return parsed.first <= parsed.last && parsed.last < parsed.total
        ? Optional.of(parsed)
        : Optional.empty();
  }

  /** The total that an answer of status 416 names. */
  static Optional<Long> total(String header) {
    Matcher unsatisfied = UNSATISFIED.matcher(header.strip());
    return unsatisfied.matches()
        ? Optional.of(Long.parseLong(unsatisfied.group(1)))
        : Optional.empty();
  }
}
