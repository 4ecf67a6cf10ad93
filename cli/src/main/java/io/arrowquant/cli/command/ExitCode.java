package io.arrowquant.cli.command;

import io.arrowquant.arrow.source.MappedBytes;
import io.arrowquant.core.AccuracyException;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.InvalidHeaderException;
import io.arrowquant.core.InvalidIndexException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.InvalidOffsetsException;
import io.arrowquant.core.InvalidQueryException;
import io.arrowquant.core.MemoryLimitException;
import io.arrowquant.core.OutputExistsException;
import io.arrowquant.core.RemoteException;
import io.arrowquant.core.RunInterruptedException;
import io.arrowquant.core.StorageException;
import io.arrowquant.core.UnsupportedDTypeException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the process ends with. Numbers never change their meaning; scripts depend on them. */
public enum ExitCode {
  DONE(0, "done", null),
  FAILED(
      1,
      "verification, quality gate or batch job failed, or models differ",
      AccuracyException.class),
  USAGE(2, "wrong usage", null),
  NOT_FOUND(3, "input not found", CheckpointNotFoundException.class),
  HEADER(4, "not a SafeTensors file, or its header is invalid", InvalidHeaderException.class),
  OFFSETS(5, "tensor offsets are invalid", InvalidOffsetsException.class),
  DTYPE(6, "dtype unknown or not supported", UnsupportedDTypeException.class),
  INDEX(7, "shard index invalid or shard missing", InvalidIndexException.class),
  CONFIG(8, "configuration invalid", InvalidConfigException.class),
  MODEL(9, "not an ArrowQuant model, or it is damaged", InvalidModelException.class),
  MEMORY(10, "memory limit reached", MemoryLimitException.class),
  EXISTS(11, "output exists already", OutputExistsException.class),
  STORAGE(12, "reading or writing failed", StorageException.class),
  REMOTE(13, "a server could not be reached, refused, or changed the file", RemoteException.class),
  QUERY(14, "SQL statement wrong, or it failed", InvalidQueryException.class),
  CALIBRATION(15, "calibration data invalid", InvalidCalibrationException.class),
  INTERNAL(70, "unexpected error", null),
  INTERRUPTED(130, "interrupted", RunInterruptedException.class);

  private final int number;
  private final String meaning;
  private final Class<? extends ArrowQuantException> exception;

  ExitCode(int number, String meaning, Class<? extends ArrowQuantException> exception) {
    this.number = number;
    this.meaning = meaning;
    this.exception = exception;
  }

  public int number() {
    return number;
  }

  public String meaning() {
    return meaning;
  }

  /** The code for a failure: its own for each exception of the family. */
  public static ExitCode of(Throwable failure) {
    for (ExitCode code : values()) {
      if (code.exception != null && code.exception.isInstance(failure)) {
        return code;
      }
    }
    if (MappedBytes.isLostPage(failure)) {
      return STORAGE;
    }
    return failure instanceof OutOfMemoryError ? MEMORY : INTERNAL;
  }

  /** What a failure is to be told with: its own sentence, or what a surprise comes to. */
  public static String message(Throwable failure) {
    return failure instanceof ArrowQuantException
        ? failure.getMessage()
        : of(failure).meaning + ": " + failure;
  }

  /** Number and meaning of each, as picocli prints them under {@code --help}. */
  public static Map<String, String> help() {
    Map<String, String> lines = new LinkedHashMap<>();
    for (ExitCode code : values()) {
      lines.put("%3d".formatted(code.number), code.meaning);
    }
    return lines;
  }
}
