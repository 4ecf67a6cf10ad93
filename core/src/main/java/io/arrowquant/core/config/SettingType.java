package io.arrowquant.core.config;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/**
 * What values a setting takes. The same check serves builder calls, files and the environment:
 * values come as Java objects, as a file's scalars, lists and maps, or as text.
 *
 * @param allowed what is allowed, as the end of a sentence
 * @param parse the value, empty where it is not allowed
 */
record SettingType(String allowed, Function<Object, Optional<Object>> parse) {

  /** What {@code bit_width} says where nothing is quantized. */
  static final String NONE = "none";

  /** A comma behind a type: one inside a regular expression does not separate rules. */
  private static final Pattern BETWEEN_RULES =
      Pattern.compile(
          "(?<==(?:int\\d|keep)(?:|:\\w{1,5}|:\\w{1,5}:\\w{1,5})),", Pattern.CASE_INSENSITIVE);

  /**
   * The checked value.
   *
   * @throws InvalidConfigException if it is not allowed
   */
  Object check(String setting, Object raw) {
    return parse
        .apply(raw)
        .orElseThrow(
            () ->
                new InvalidConfigException(
                    setting
                        + " is "
                        + QuotedName.of(String.valueOf(raw))
                        + ", but must be "
                        + allowed
                        + "."));
  }

  static SettingType oneOf(List<Integer> values) {
    return new SettingType(
        "one of " + values.stream().map(String::valueOf).collect(Collectors.joining(", ")),
        raw -> integer(raw).filter(values::contains).map(Object.class::cast));
  }

  static SettingType integer(int least, int most) {
    return new SettingType(
        "an integer from " + least + " to " + most,
        raw -> integer(raw).filter(i -> i >= least && i <= most).map(Object.class::cast));
  }

  static SettingType fraction() {
    return new SettingType("a number from 0 to 1", raw -> parseNumber(raw, 1));
  }

  static SettingType decibels() {
    return new SettingType("a number of decibels from 0 to 200", raw -> parseNumber(raw, 200));
  }

  static SettingType megabytes() {
    return new SettingType(
        "a number of megabytes above 0, at most 10^9", raw -> parsePositive(raw, 1e9));
  }

  static SettingType bitsPerWeight() {
    return new SettingType(
        "a number of bits per weight above 0, at most 64", raw -> parsePositive(raw, 64));
  }

  /** Any text but blanks. */
  static SettingType text(String allowed) {
    return new SettingType(
        allowed,
        raw ->
            raw instanceof String text && !text.isBlank()
                ? Optional.of(text.strip())
                : Optional.empty());
  }

  static SettingType flag() {
    return new SettingType("true or false", SettingType::parseFlag);
  }

  /** One of some constants, by its lower-case word. */
  static <E extends Enum<E>> SettingType word(List<E> constants) {
    return new SettingType(
        "one of " + constants.stream().map(SettingType::wordOf).collect(Collectors.joining(", ")),
        raw ->
            constants.stream()
                .filter(
                    c ->
                        c.equals(raw)
                            || (raw instanceof String text
                                && wordOf(c).equals(text.strip().toLowerCase(Locale.ROOT))))
                .findFirst()
                .map(Object.class::cast));
  }

  /** A list of globs; as text, separated by commas. */
  static SettingType globs() {
    return new SettingType("a list of name patterns, none of them empty", raw -> strings(raw));
  }

  /** A list of regular expressions; as text, exactly one. */
  static SettingType regexes() {
    return new SettingType(
        "a list of regular expressions",
        raw ->
            strings(raw instanceof String text ? List.of(text) : raw).filter(SettingType::compile));
  }

  /** A list of {@code REGEX=TYPE}; as text, separated by commas that follow a type. */
  static SettingType tensorTypes() {
    return new SettingType(
        "a list of REGEX=TYPE, each TYPE one of " + TensorType.ALLOWED,
        raw ->
            strings(raw instanceof String text ? List.of(BETWEEN_RULES.split(text, -1)) : raw)
                .filter(
                    rules ->
                        ((List<?>) rules)
                            .stream().allMatch(r -> TensorTypeRule.parse((String) r).isPresent())));
  }

  /** A width, or {@code none} to keep every tensor. */
  static SettingType widthOrNone(SettingType width) {
    return new SettingType(
        width.allowed() + ", or none to keep every tensor",
        raw ->
            raw instanceof String text && text.strip().equalsIgnoreCase(NONE)
                ? Optional.of(NONE)
                : width.parse().apply(raw));
  }

  /** Name pattern to bit width. */
  static SettingType widths(SettingType width) {
    return new SettingType(
        "a map from name patterns to " + width.allowed() + ", or " + CodeLimits.KEEP + " to keep",
        raw -> parseMap(raw, value -> widthOrKeep(value, width)));
  }

  /** Name pattern to a factor. */
  static SettingType factors() {
    return new SettingType(
        "a map from name patterns to numbers above 0, at most 10^9",
        raw -> parseMap(raw, value -> parsePositive(value, 1e9)));
  }

  static String wordOf(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static Optional<Integer> integer(Object raw) {
    if (raw instanceof Integer value) {
      return Optional.of(value);
    }
    if (raw instanceof String text) {
      try {
        return Optional.of(Integer.parseInt(text.strip()));
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static Optional<Object> parsePositive(Object raw, double most) {
    return parseNumber(raw, most).filter(value -> (Double) value > 0);
  }

  private static Optional<Object> parseNumber(Object raw, double most) {
    double value;
    if (raw instanceof Number number) {
      value = number.doubleValue();
    } else if (raw instanceof String text) {
      try {
        value = Double.parseDouble(text.strip());
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    } else {
      return Optional.empty();
    }
    // NaN fails both comparisons.
    return value >= 0 && value <= most ? Optional.of(value) : Optional.empty();
  }

  private static Optional<Object> parseFlag(Object raw) {
    if (raw instanceof Boolean) {
      return Optional.of(raw);
    }
    if (raw instanceof String text) {
      return switch (text.strip().toLowerCase(Locale.ROOT)) {
        case "true", "1", "yes", "on" -> Optional.of(true);
        case "false", "0", "no", "off" -> Optional.of(false);
        default -> Optional.empty();
      };
    }
    return Optional.empty();
  }

  private static Optional<Object> strings(Object raw) {
    List<?> items;
    if (raw instanceof List<?> list) {
      items = list;
    } else if (raw instanceof String text) {
      items = List.of(text.split(",", -1));
    } else {
      return Optional.empty();
    }
    List<String> strings = new ArrayList<>();
    for (Object item : items) {
      if (!(item instanceof String text) || text.isBlank()) {
        return Optional.empty();
      }
      strings.add(text.strip());
    }
    return Optional.of(List.copyOf(strings));
  }

  private static boolean compile(Object regexes) {
    try {
      ((List<?>) regexes).forEach(r -> Pattern.compile((String) r));
      return true;
    } catch (PatternSyntaxException e) {
      return false;
    }
  }

  private static Optional<Object> widthOrKeep(Object raw, SettingType width) {
    return integer(raw).filter(i -> i == CodeLimits.KEEP).isPresent()
        ? Optional.of(CodeLimits.KEEP)
        : width.parse().apply(raw);
  }

  private static Optional<Object> parseMap(Object raw, Function<Object, Optional<Object>> value) {
    Map<?, ?> map;
    if (raw instanceof Map<?, ?> given) {
      map = given;
    } else if (raw instanceof String text && !pairs(text).isEmpty()) {
      map = pairs(text);
    } else {
      return Optional.empty();
    }
    Map<String, Object> parsed = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Optional<Object> one = value.apply(entry.getValue());
      if (!(entry.getKey() instanceof String glob) || glob.isBlank() || one.isEmpty()) {
        return Optional.empty();
      }
      parsed.put(glob, one.get());
    }
    return Optional.of(Collections.unmodifiableMap(parsed));
  }

  /** {@code name=value} separated by commas; empty where it is anything else. */
  private static Map<String, String> pairs(String text) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      int equals = pair.lastIndexOf('=');
      if (equals < 0
          || pairs.put(pair.substring(0, equals).strip(), pair.substring(equals + 1)) != null) {
        return Map.of();
      }
    }
    return pairs;
  }
}
