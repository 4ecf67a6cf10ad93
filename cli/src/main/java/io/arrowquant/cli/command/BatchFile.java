package io.arrowquant.cli.command;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.checkpoint.OpenOptions;
import io.arrowquant.core.config.MapFile;
import io.arrowquant.core.remote.RemotePath;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A file of jobs, YAML or JSON: {@code jobs}, a list, and {@code defaults} for all of them. Paths
 * are relative to the file's folder; a null says nothing.
 */
final class BatchFile {

  private static final String DEFAULTS = "defaults";
  private static final String JOBS = "jobs";
  private static final String INPUT = "input";
  private static final String OUTPUT = "output";
  private static final String OVERWRITE = "overwrite";
  private static final String RESUME = "resume";
  private static final String SETTINGS = "settings";
  private static final String CALIBRATION = "calibration";

  private final Path file;

  private BatchFile(Path file) {
    this.file = file;
  }

  /**
   * The jobs in their order, at least one; their settings are checked when they are used.
   *
   * @throws InvalidConfigException if the file is not there or malformed, a key is unknown or
   *     missing, or two jobs have the same output
   */
  static List<BatchJob> read(Path file) {
    return new BatchFile(file).jobs();
  }

  private List<BatchJob> jobs() {
    String place = "In " + QuotedName.of(file);
    Map<String, Object> root = MapFile.read(file, "batch file");
    allow(place, root, Set.of(DEFAULTS, JOBS));
    String defaultsPlace = place + ", " + DEFAULTS;
    Map<String, Object> defaults = map(place, DEFAULTS, root.get(DEFAULTS));
    allow(defaultsPlace, defaults, Set.of(OVERWRITE, RESUME, SETTINGS));
    if (!(root.get(JOBS) instanceof List<?> list) || list.isEmpty()) {
      throw new InvalidConfigException(place + ", jobs must be a list of at least one job.");
    }
    List<BatchJob> jobs = new ArrayList<>();
    Map<Path, Integer> outputs = new HashMap<>();
    for (Object entry : list) {
      int number = jobs.size() + 1;
      String jobPlace = place + ", job " + number;
      BatchJob job = job(jobPlace, map(place, "job " + number, entry), defaultsPlace, defaults);
      Integer other = outputs.put(job.output().toAbsolutePath().normalize(), number);
      if (other != null) {
        throw new InvalidConfigException(
            "%s has the output %s, which is that of job %d."
                .formatted(jobPlace, QuotedName.of(job.output()), other));
      }
      jobs.add(job);
    }
    return List.copyOf(jobs);
  }

  private BatchJob job(
      String place, Map<String, Object> job, String defaultsPlace, Map<String, Object> defaults) {
    allow(place, job, Set.of(INPUT, OUTPUT, OVERWRITE, RESUME, SETTINGS));
    String input = text(place, INPUT, job);
    String output = text(place, OUTPUT, job);
    if (RemotePath.isAddress(output)) {
      throw new InvalidConfigException(
          place + ", output is an address, but must be a folder on this machine.");
    }
    Path beside = RemotePath.isAddress(input) ? null : path(place + ", " + INPUT, input);
    Map<String, Object> shared = settings(defaultsPlace, defaults);
    Map<String, Object> own = settings(place, job);
    return new BatchJob(
        input,
        () -> beside == null ? RemotePath.of(input) : found(beside, input),
        path(place + ", " + OUTPUT, output),
        flag(place, OVERWRITE, job, flag(defaultsPlace, OVERWRITE, defaults, false)),
        flag(place, RESUME, job, flag(defaultsPlace, RESUME, defaults, false)),
        builder -> builder.settings(defaultsPlace, shared).settings(place, own));
  }

  /** A file or folder wins over a model of that name in the Hugging Face cache. */
  private static Path found(Path beside, String input) {
    if (Files.exists(beside)) {
      return beside;
    }
    return OpenOptions.defaults().cache().find(input).orElse(beside);
  }

  private Map<String, Object> settings(String place, Map<String, Object> section) {
    Map<String, Object> settings = new LinkedHashMap<>(map(place, SETTINGS, section.get(SETTINGS)));
    settings.computeIfPresent(
        CALIBRATION,
        (key, value) ->
            value instanceof String text && !text.isBlank() && !text.strip().equals("none")
                ? path(place + ", " + CALIBRATION, text.strip()).toString()
                : value);
    return settings;
  }

  private Path path(String name, String text) {
    try {
      return file.resolveSibling(text);
    } catch (InvalidPathException e) {
      throw new InvalidConfigException(
          name + " is " + QuotedName.of(text) + ", which is no path.", e);
    }
  }

  private static void allow(String place, Map<String, Object> section, Set<String> keys) {
    for (String key : section.keySet()) {
      if (!keys.contains(key)) {
        throw new InvalidConfigException(
            "%s, there is no key %s; there are %s."
                .formatted(
                    place, QuotedName.of(key), String.join(", ", keys.stream().sorted().toList())));
      }
    }
  }

  private static Map<String, Object> map(String place, String key, Object value) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> given) {
      given.forEach((name, said) -> map.put(name.toString(), said));
    } else if (value != null) {
      throw new InvalidConfigException(place + ", " + key + " is not a map from names to values.");
    }
    return map;
  }

  private static String text(String place, String key, Map<String, Object> section) {
    if (section.get(key) instanceof String text && !text.isBlank()) {
      return text;
    }
    throw new InvalidConfigException(place + ", " + key + " must be there and be a path.");
  }

  private static boolean flag(
      String place, String key, Map<String, Object> section, boolean otherwise) {
    Object value = section.get(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw new InvalidConfigException(
        "%s, %s is %s, but must be true or false."
            .formatted(place, key, QuotedName.of(value.toString())));
  }
}
