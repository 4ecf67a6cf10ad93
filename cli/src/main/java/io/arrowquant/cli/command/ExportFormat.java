package io.arrowquant.cli.command;

import io.arrowquant.arrow.tensor.ArrowIpc;
import io.arrowquant.core.config.Target;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What {@code export} can write. */
sealed interface ExportFormat {

  /** A folder that another runtime loads. */
  record ModelFolder(Target.Format format) implements ExportFormat {}

  /** A file of Arrow batches. */
  record Arrow(String word, ArrowIpc ipc) implements ExportFormat {}

  /** The words of formats. */
  final class Word implements ITypeConverter<ExportFormat> {
    @Override
    public ExportFormat convert(String text) {
      String word = text.toLowerCase(Locale.ROOT);
      if (word.equals("arrow")) {
        return new Arrow(word, ArrowIpc.FILE);
      }
      if (word.equals("arrow-stream")) {
        return new Arrow(word, ArrowIpc.STREAM);
      }
      Optional<Target.Format> runtime =
          Arrays.stream(Target.Format.values())
              .filter(known -> known.word().equals(word))
              .findFirst();
      return new ModelFolder(
          runtime.orElseThrow(
              () ->
                  new TypeConversionException(
                      "'"
                          + text
                          + "' is not mlx, compressed-tensors, gguf, arrow or arrow-stream")));
    }
  }
}
