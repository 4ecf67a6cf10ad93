package io.arrowquant.arrow.parquet;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.CheckpointNotFoundException;
import io.arrowquant.core.InvalidModelException;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.RemoteException;
import io.arrowquant.core.remote.RemotePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code model.json}: written last, so that its presence means the model is complete.
 *
 * @param format {@link #FORMAT}
 * @param formatVersion major.minor; readers refuse a newer major version
 * @param arrowquantVersion what wrote it
 * @param config settings that determine the output, in snake case
 * @param modality the model's, and how it was found out
 * @param source the checkpoint's files in the order of their names
 * @param calibration the calibration file and what was done with it; null where there was none
 * @param totals of the whole model
 * @param files every other file of the folder
 */
@JsonPropertyOrder({
  "format",
  "format_version",
  "arrowquant_version",
  "config",
  "modality",
  "source",
  "calibration",
  "totals",
  "files"
})
public record Manifest(
    String format,
    String formatVersion,
    String arrowquantVersion,
    Map<String, Object> config,
    ModalityEntry modality,
    List<SourceEntry> source,
    CalibrationEntry calibration,
    Totals totals,
    List<ModelFile> files) {

  /** Its name in the model's folder. */
  public static final String FILE_NAME = "model.json";

  /** What the format is called. */
  public static final String FORMAT = "parquet-v2-extended";

  /** The version that is written, {@code major.minor}. */
  public static final String FORMAT_VERSION = "1.0";

  private static final int SUPPORTED_MAJOR = 1;
  private static final long LARGEST = 256L << 20;
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** Modality word, the rule that told it, and what the rule saw. */
  public record ModalityEntry(String modality, String rule, String evidence) {}

  /**
   * A file of the checkpoint.
   *
   * @param file relative to the checkpoint's folder
   * @param size in bytes
   * @param headerCrc32c of the first {@code 8 + header length} bytes: pins the file cheaply
   * @param metadata its {@code __metadata__}
   * @param origin where it was read from, where that was a server; else null
   */
  public record SourceEntry(
      String file,
      long size,
      long headerCrc32c,
      Map<String, String> metadata,
      @JsonInclude(JsonInclude.Include.NON_NULL) RemoteOrigin origin) {}

  /**
   * A file on a server.
   *
   * @param address without credentials
   * @param commit of the repository, null where there is none
   * @param etag that the server gave its content, null where it gave none
   */
  public record RemoteOrigin(String address, String commit, String etag) {}

  /**
   * The calibration file.
   *
   * @param file its name
   * @param crc32c of all its bytes
   * @param timeAware whether it chose the codes of the tensors that it speaks of
   * @param spatial whether their input channels could be equalized
   */
  public record CalibrationEntry(
      String file, long size, long crc32c, boolean timeAware, boolean spatial) {}

  /**
   * @param storedBytes of all files of the folder but the manifest and {@code source/}
   * @param cosineSimilarity mean over quantized tensors, weighted by parameters; null where nothing
   *     was quantized
   * @param sqnrDb of all quantized weights together; null where nothing was quantized or nothing
   *     was lost
   */
  public record Totals(
      long layers,
      long quantizedLayers,
      long parameters,
      long keptParameters,
      long sourceBytes,
      long storedBytes,
      double bitsPerWeight,
      Double cosineSimilarity,
      Double sqnrDb) {

    /** Source bytes over stored bytes; 0 for a model without any. */
    public double compressionRatio() {
      return storedBytes == 0 ? 0 : (double) sourceBytes / storedBytes;
    }
  }

  /** The key-value metadata that every Parquet file of the model repeats. */
  public static Map<String, String> footer(
      String version, Map<String, Object> config, List<SourceEntry> source) {
    Map<String, String> footer = new LinkedHashMap<>();
    footer.put(FooterKeys.FORMAT, FORMAT);
    footer.put(FooterKeys.FORMAT_VERSION, FORMAT_VERSION);
    footer.put(FooterKeys.VERSION, version);
    footer.put(FooterKeys.CONFIG, compact(config));
    footer.put(
        FooterKeys.SOURCE,
        compact(
            source.stream()
                .map(
                    s -> {
                      Map<String, Object> pinned = new LinkedHashMap<>();
                      pinned.put("file", s.file());
                      pinned.put("size", s.size());
                      pinned.put("header_crc32c", s.headerCrc32c());
                      return pinned;
                    })
                .toList()));
    return footer;
  }

  private static String compact(Object value) {
    try {
      return JSON.writer().without(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getMessage(), e);
    }
  }

  /** As it stands in {@code model.json}. */
  public byte[] toJson() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Whether a folder is a quantized model rather than a checkpoint. An address is taken for a
   * checkpoint without asking, since opening it may need no server, and tells if it is none.
   */
  public static boolean isIn(Path folder) {
    return !(folder instanceof RemotePath) && Files.isRegularFile(folder.resolve(FILE_NAME));
  }

  /**
   * Reads the manifest of a model folder.
   *
   * @throws CheckpointNotFoundException if there is no such folder
   * @throws InvalidModelException if the folder is not a complete model, or of a newer format
   * @throws RemoteException if it is on a server, where checkpoints alone are read
   */
  public static Manifest read(Path model) {
    if (!Files.exists(model)) {
      throw new CheckpointNotFoundException("There is no model " + QuotedName.of(model) + ".");
    }
    Path file = model.resolve(FILE_NAME);
    if (model instanceof RemotePath && Files.exists(file)) {
      throw RemoteException.quantizedModel(model);
    }
    if (Files.isRegularFile(model)) {
      throw new InvalidModelException(
          QuotedName.of(model)
              + " is a file, but a quantized model is a folder: give the folder, or make one from a"
              + " checkpoint with 'arrowquant quantize'.");
    }
    try {
      if (Files.size(file) > LARGEST) {
        throw new InvalidModelException(QuotedName.of(file) + " is too large for a manifest.");
      }
      JsonNode tree = JSON.readTree(Files.readAllBytes(file));
      if (!FORMAT.equals(tree.path("format").asText())) {
        throw new InvalidModelException(
            QuotedName.of(file) + " does not say format \"" + FORMAT + "\".");
      }
      checkVersion(file, tree.path("format_version").asText());
      Manifest manifest = JSON.treeToValue(tree, Manifest.class);
      if (manifest.config() == null
          || manifest.modality() == null
          || manifest.source() == null
          || manifest.source().stream().anyMatch(s -> s == null || s.file() == null)
          || manifest.totals() == null
          || manifest.files() == null
          || manifest.files().stream().anyMatch(f -> f == null || f.path() == null)) {
        throw new InvalidModelException(QuotedName.of(file) + " lacks a part of the manifest.");
      }
      return manifest;
    } catch (NoSuchFileException e) {
      throw new InvalidModelException(
          QuotedName.of(model) + " is not a complete model: it has no " + FILE_NAME + ".", e);
    } catch (JsonProcessingException e) {
      throw new InvalidModelException(QuotedName.of(file) + " is not a valid manifest.", e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  private static void checkVersion(Path file, String version) {
    int dot = version.indexOf('.');
    try {
      int major = Integer.parseInt(dot < 0 ? version : version.substring(0, dot));
      if (major > SUPPORTED_MAJOR) {
        throw new InvalidModelException(
            QuotedName.of(file)
                + " is of format version "
                + major
                + "; this version reads up to "
                + SUPPORTED_MAJOR
                + ".");
      }
    } catch (NumberFormatException e) {
      throw new InvalidModelException(
          QuotedName.of(file) + " names no format version of the form major.minor.", e);
    }
  }
}
