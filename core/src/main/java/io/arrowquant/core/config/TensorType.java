package io.arrowquant.core.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a tensor is stored as, in one word: {@code int4}, {@code int4:g64}, {@code int2:g32:best},
 * or {@code keep}. Group size and method may stand in either order; what is not said is the
 * model's.
 *
 * @param bitWidth 2, 3, 4, 5, 6 or 8; empty means keep
 * @param groupSize columns that share a scale, 16 to 1024
 * @param method how scales are found
 */
public record TensorType(OptionalInt bitWidth, OptionalInt groupSize, Optional<Method> method) {

  /** The words, for messages. */
  static final String ALLOWED =
      CodeLimits.BIT_WIDTHS.stream().map(bits -> "int" + bits).collect(Collectors.joining(", "))
          + " or keep; a width may be followed by :gN, N from "
          + CodeLimits.LEAST_GROUP
          + " to "
          + CodeLimits.MOST_GROUP
          + ", and by :fast, :best or :rate";

  private static final Pattern WIDTH = Pattern.compile("int(\\d)");
  private static final Pattern GROUP = Pattern.compile("g(\\d{2,4})");

  /** The type that a word names, in upper or lower case; empty where it names none. */
  public static Optional<TensorType> parse(String word) {
    String[] parts = word.strip().toLowerCase(Locale.ROOT).split(":", -1);
    if (parts[0].equals("keep") && parts.length == 1) {
      return Optional.of(
          new TensorType(OptionalInt.empty(), OptionalInt.empty(), Optional.empty()));
    }
    Matcher width = WIDTH.matcher(parts[0]);
    if (!width.matches() || !CodeLimits.BIT_WIDTHS.contains(Integer.parseInt(width.group(1)))) {
      return Optional.empty();
    }
    OptionalInt group = OptionalInt.empty();
    Optional<Method> method = Optional.empty();
    for (String part : Arrays.asList(parts).subList(1, parts.length)) {
      OptionalInt g = group(part);
      Optional<Method> m =
          Arrays.stream(Method.values()).filter(known -> known.word().equals(part)).findFirst();
      if ((g.isPresent() && group.isPresent())
          || (m.isPresent() && method.isPresent())
          || (g.isEmpty() && m.isEmpty())) {
        return Optional.empty();
      }
      group = g.isPresent() ? g : group;
      method = m.isPresent() ? m : method;
    }
    return Optional.of(
        new TensorType(OptionalInt.of(Integer.parseInt(width.group(1))), group, method));
  }

  private static OptionalInt group(String part) {
    Matcher matcher = GROUP.matcher(part);
    int size = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    return size >= CodeLimits.LEAST_GROUP && size <= CodeLimits.MOST_GROUP
        ? OptionalInt.of(size)
        : OptionalInt.empty();
  }

  /** Whether it is {@code keep}: stored as it is. */
  public boolean isKeep() {
    return bitWidth.isEmpty();
  }
}
