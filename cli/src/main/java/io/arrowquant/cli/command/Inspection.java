package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.core.checkpoint.Checkpoint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/** What {@code inspect} found, for people and for programs. */
sealed interface Inspection permits CheckpointInspection {

  static Inspection of(Path model) {
    return new CheckpointInspection(Checkpoint.open(model));
  }

  List<String> warnings();

  ObjectNode json();

  void print(PrintWriter out);
}
