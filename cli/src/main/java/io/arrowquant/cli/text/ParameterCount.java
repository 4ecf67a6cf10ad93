package io.arrowquant.cli.text;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code 600M}, {@code 7B}, {@code 0.5b} or a plain number of parameters. */
public final class ParameterCount implements ITypeConverter<Long> {

  private static final Pattern FORM = Pattern.compile("(\\d+(?:\\.\\d+)?)([kKmMbB]?)");

  @Override
  public Long convert(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new TypeConversionException("'" + text + "' is no count like 600M or 7B");
    }
    double unit =
        switch (matcher.group(2)) {
          case "k", "K" -> 1e3;
          case "m", "M" -> 1e6;
          case "b", "B" -> 1e9;
          default -> 1;
        };
    double count = Double.parseDouble(matcher.group(1)) * unit;
    if (count < 1 || count > 1e13) {
      throw new TypeConversionException("'" + text + "' is no count from 1 to 10^13");
    }
    return Math.round(count);
  }
}
