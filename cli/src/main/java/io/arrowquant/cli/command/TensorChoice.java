package io.arrowquant.cli.command;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.config.NameGlob;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Which tensors {@code inspect} lists, in which order, and how much it says of each.
 *
 * @param globs none means all
 * @param sort null means by name
 * @param entropy whether to count codes, which reads the tensors
 */
record TensorChoice(List<NameGlob> globs, Sort sort, boolean entropy) {

  /** What comes first: the largest, the most parameters, or by the alphabet. */
  enum Sort {
    NAME,
    SIZE,
    PARAMS,
    DTYPE
  }

  /** Whether the user asked for a list, rather than for a glance. */
  boolean isList() {
    return !globs.isEmpty() || sort != null || entropy;
  }

  /**
   * The tensors in their order; the given order is that of their names.
   *
   * @throws InvalidConfigException if a glob matches none
   */
  <T> List<T> of(
      List<T> tensors,
      Function<T, String> name,
      ToLongFunction<T> size,
      ToLongFunction<T> parameters,
      Function<T, String> dtype) {
    Comparator<T> order =
        switch (sort == null ? Sort.NAME : sort) {
          case NAME -> Comparator.comparing(name);
          case SIZE -> Comparator.comparingLong(size).reversed();
          case PARAMS -> Comparator.comparingLong(parameters).reversed();
          case DTYPE -> Comparator.comparing(dtype);
        };
    return matching(globs, tensors, name).stream().sorted(order).toList();
  }

  /**
   * The tensors that a glob matches, in their order; without globs, all.
   *
   * @throws InvalidConfigException if a glob matches none
   */
  static <T> List<T> matching(List<NameGlob> globs, List<T> tensors, Function<T, String> name) {
    for (NameGlob glob : globs) {
      if (tensors.stream().map(name).noneMatch(glob)) {
        throw new InvalidConfigException(
            "The pattern " + QuotedName.of(glob.pattern()) + " matches no tensor.");
      }
    }
    return tensors.stream()
        .filter(t -> globs.isEmpty() || globs.stream().anyMatch(g -> g.test(name.apply(t))))
        .toList();
  }
}
