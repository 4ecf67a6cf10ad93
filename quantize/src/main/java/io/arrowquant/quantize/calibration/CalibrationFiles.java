package io.arrowquant.quantize.calibration;

import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.DiffusionQuantConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

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
    Pinned pinned = pin(file);
    long memory = (long) config.maxMemoryLimitMb() << 20;
    LayerSums sums = new LayerSums(file, names, config.calibrationSamples());
    return switch (format) {
      case SAFETENSORS ->
          SafeTensorsCalibration.open(
              pinned.source(file, beside, CalibrationSource.Content.STATISTICS), names, memory);
      case JSONL -> {
        SampleLines.read(file, sums);
        yield sums.finish(pinned.source(file, beside, CalibrationSource.Content.SAMPLES));
      }
      case PARQUET, ARROW -> {
        CalibrationSource.Content content = table(file, format, memory, sums);
        yield sums.finish(pinned.source(file, beside, content));
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

  private record Pinned(long size, int crc32c) {

    CalibrationSource source(Path file, boolean beside, CalibrationSource.Content content) {
      return new CalibrationSource(file, size, crc32c, beside, content);
    }
  }

  private static Pinned pin(Path file) {
    CRC32C crc = new CRC32C();
    long size = 0;
    byte[] block = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(block); n >= 0; n = in.read(block)) {
        crc.update(block, 0, n);
        size += n;
      }
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
    return new Pinned(size, (int) crc.getValue());
  }
}
