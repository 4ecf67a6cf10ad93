package io.arrowquant.core.config;

import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A type for the tensors in whose names a regular expression is found, {@code
 * attn\.to_[qkv]=int8:g64}.
 *
 * @param text as written
 * @param pattern what stands before the last equals sign
 * @param type what stands behind it
 */
public record TensorTypeRule(String text, Pattern pattern, TensorType type)
    implements Predicate<String> {

  /** The rule, empty where the text is none. */
  public static Optional<TensorTypeRule> parse(String text) {
    int equals = text.lastIndexOf('=');
    if (equals <= 0) {
      return Optional.empty();
    }
    try {
      Pattern pattern = Pattern.compile(text.substring(0, equals).strip());
      return pattern.pattern().isEmpty()
          ? Optional.empty()
          : TensorType.parse(text.substring(equals + 1))
              .map(type -> new TensorTypeRule(text.strip(), pattern, type));
    } catch (PatternSyntaxException e) {
      return Optional.empty();
    }
  }

  @Override
  public boolean test(String name) {
    return pattern.matcher(name).find();
  }
}
