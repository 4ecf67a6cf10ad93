package io.arrowquant.core.checkpoint;

import io.arrowquant.core.safetensors.SafeTensorsIndex;
import java.nio.file.Path;
import java.util.SortedMap;

/** How a checkpoint lies on disk. */
sealed interface CheckpointLayout {

  /** One SafeTensors file. */
  record SingleFile(Path file) implements CheckpointLayout {}

  /** An index and the shards that it names, in its folder. */
  record Sharded(SafeTensorsIndex index) implements CheckpointLayout {}

  /** A diffusers folder: component name to the component's own checkpoint. */
  record Components(SortedMap<String, CheckpointLayout> parts) implements CheckpointLayout {}
}
