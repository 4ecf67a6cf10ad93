package io.arrowquant.core.config;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Rules for types of tensors, one a line; empty lines and those that begin with # say nothing. */
final class RuleFile {

  private RuleFile() {}

  /**
   * The rules of a file.
   *
   * @throws InvalidConfigException if it is not there or a line is no rule
   */
  static String[] read(Path file) {
    List<String> rules = new ArrayList<>();
    int number = 0;
    for (String line : UserFile.text(file, "file of types").lines().toList()) {
      number++;
      String rule = line.strip();
      if (rule.isEmpty() || rule.startsWith("#")) {
        continue;
      }
      if (TensorTypeRule.parse(rule).isEmpty()) {
        throw new InvalidConfigException(
            "Line %d of %s is %s, but must be REGEX=TYPE with a type such as int4, int4:g64 or keep."
                .formatted(number, QuotedName.of(file), QuotedName.of(rule)));
      }
      rules.add(rule);
    }
    return rules.toArray(String[]::new);
  }
}
