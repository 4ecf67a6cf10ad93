package io.arrowquant.quantize.calibration;

import io.arrowquant.arrow.source.FileChecksum;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds and opens the calibration data of a model. */
public final class CalibrationFiles {

  /** The kinds of files, by their endings. */
  private enum Format {
    SAFETENSORS(".safetensors"),
    PARQUET(".parquet"),
    ARROW(".arrow"),
    JSONL(".jsonl");

    private final String ending;

    Format(String ending) {
      this.ending = ending;
    }

    static Optional<Format> of(Path file) {
      String name = file.toString().toLowerCase(Locale.ROOT);
      return Stream.of(values()).filter(format -> name.endsWith(format.ending)).findFirst();
    }

    static String endings() {
      return Stream.of(values()).map(format -> format.ending).collect(Collectors.joining(", "));
    }
  }

  private CalibrationFiles() {}

  /**
   * Opens the file that the settings name, or else {@code calibration.safetensors}, {@code
   * .parquet}, {@code .arrow} or {@code .jsonl} beside the model; {@link Calibration#NONE} where
   * there is none, or none is wanted. Samples are read here, statistics when they are asked for.
   *
   * @return to be closed by the caller
   * @throws InvalidCalibrationException if the file is malformed or there are several
   * @throws io.arrowquant.core.StorageException if reading fails
   */
  public static Calibration open(Checkpoint checkpoint, DiffusionQuantConfig config) {
    if (config.ignoresCalibration()) {
      return Calibration.NONE;
    }
    Optional<Path> named = config.calibration();
    Optional<Path> file = named.isPresent() ? named : beside(checkpoint);
    return file.isEmpty()
        ? Calibration.NONE
        : open(file.get(), named.isEmpty(), new LayerNames(checkpoint.tensors()), config);
  }

  private static Optional<Path> beside(Checkpoint checkpoint) {
    List<Path> models =
        checkpoint.files().stream().map(header -> header.file().toAbsolutePath()).toList();
    List<Path> found =
        Stream.of(Format.values())
            .map(format -> checkpoint.root().resolve("calibration" + format.ending))
            .filter(Files::isRegularFile)
            .filter(file -> !models.contains(file.toAbsolutePath()))
            .toList();
    if (found.size() > 1) {
      throw new InvalidCalibrationException(
          "Beside the model lie "
              + found.stream()
                  .map(file -> QuotedName.of(file.getFileName()))
                  .collect(Collectors.joining(", "))
              + "; expected one, or --calibration with the one that is meant.");
    }
    return found.stream().findFirst();
  }

  private static Calibration open(
      Path file, boolean beside, LayerNames names, DiffusionQuantConfig config) {
    Format format =
        Format.of(file)
            .orElseThrow(
                () ->
                    new InvalidCalibrationException(
                        "The calibration file "
                            + QuotedName.of(file)
                            + " ends in none of "
                            + Format.endings()
                            + "."));
    if (!Files.isRegularFile(file)) {
      throw new InvalidCalibrationException(
          "There is no calibration file " + QuotedName.of(file) + ".");
    }
    FileChecksum pinned = FileChecksum.of(file, read -> {});
    long memory = (long) config.maxMemoryLimitMb() << 20;
    LayerSums sums = new LayerSums(file, names, config.calibrationSamples());
    return switch (format) {
      case SAFETENSORS ->
          SafeTensorsCalibration.open(
              new CalibrationSource(file, pinned, beside, CalibrationSource.Content.STATISTICS),
              names,
              memory);
      case JSONL -> {
        SampleLines.read(file, sums);
        yield sums.finish(
            new CalibrationSource(file, pinned, beside, CalibrationSource.Content.SAMPLES));
      }
      case PARQUET, ARROW -> {
        CalibrationSource.Content content = table(file, format, memory, sums);
        yield sums.finish(new CalibrationSource(file, pinned, beside, content));
      }
    };
  }

  /** The library that reads tables is large, and left out where jars travel. */
  private static CalibrationSource.Content table(
      Path file, Format format, long memory, LayerSums sums) {
    try {
      return new CalibrationTable(file, format == Format.PARQUET, memory).read(sums);
    } catch (NoClassDefFoundError e) {
      throw new InvalidCalibrationException(
          "The calibration file "
              + QuotedName.of(file)
              + " is read with arrow-dataset, which is not on the class path.",
          e);
    }
  }
}
