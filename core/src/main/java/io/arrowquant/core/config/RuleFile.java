package io.arrowquant.core.config;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Rules for types of tensors, one a line; empty lines and those that begin with # say nothing. */
final class RuleFile {

  private static final long LARGEST = 1 << 20;

  private RuleFile() {}

  /**
   * The rules of a file.
   *
   * @throws InvalidConfigException if it is not there or a line is no rule
   */
  static String[] read(Path file) {
    List<String> rules = new ArrayList<>();
    int number = 0;
    for (String line : lines(file)) {
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

  private static List<String> lines(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw new InvalidConfigException(
            "The file of types " + QuotedName.of(file) + " is larger than 1 MiB.");
      }
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw new InvalidConfigException("There is no file of types " + QuotedName.of(file) + ".", e);
    } catch (CharacterCodingException e) {
      throw new InvalidConfigException(
          "The file of types " + QuotedName.of(file) + " is not text in UTF-8.", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }
}
