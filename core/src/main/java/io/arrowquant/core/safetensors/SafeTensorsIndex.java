package io.arrowquant.core.safetensors;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The checked index of a sharded checkpoint.
 *
 * @param file where it was read from
 * @param weightMap tensor name to shard, in the file's order; shards are normalized relative paths
 *     that stay in the index's folder
 * @param totalSize what the index claims in bytes, NaN where the claim is not a number, empty where
 *     there is none
 */
public record SafeTensorsIndex(Path file, Map<String, Path> weightMap, OptionalDouble totalSize) {

  public SafeTensorsIndex {
    weightMap = Collections.unmodifiableMap(new LinkedHashMap<>(weightMap));
  }
}
