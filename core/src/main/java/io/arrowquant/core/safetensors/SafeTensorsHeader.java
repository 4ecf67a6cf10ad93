package io.arrowquant.core.safetensors;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of one file.
 *
 * @param file where it was read from
 * @param fileSize bytes of the whole file when it was opened
 * @param dataStart position of the first data byte, 8 + header length
 * @param metadata {@code __metadata__} in the file's order, empty where there is none
 * @param tensors sorted by offset; they tile the data exactly
 */
public record SafeTensorsHeader(
    Path file,
    long fileSize,
    long dataStart,
    Map<String, String> metadata,
    List<TensorInfo> tensors) {

  public SafeTensorsHeader {
    // Not Map.copyOf: its linear probing is quadratic when a hostile file makes hashes collide.
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = List.copyOf(tensors);
  }
}
