package io.arrowquant.cli.command;

import io.arrowquant.core.ByteSize;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A size of 1 MB or more: so few bytes that a folder would fill with files are taken for a slip.
 */
final class SizeWord implements ITypeConverter<Long> {

  private static final long LEAST = 1_000_000;

  @Override
  public Long convert(String text) {
    return ByteSize.parse(text).stream()
        .filter(bytes -> bytes >= LEAST)
        .boxed()
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "'" + text + "' is not a size of 1 MB or more, such as 1500m, 1.5g or 1.5GiB"));
  }
}
