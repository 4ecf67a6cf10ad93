package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What came of one run of {@code quantize}.
 *
 * @param fault why {@code code} is not {@link ExitCode#DONE}, a sentence; null where it is
 * @param bytes of the model that was, or would be, written
 * @param remarks for stderr, each a sentence
 */
record Outcome(
    ExitCode code,
    String fault,
    long bytes,
    Supplier<ObjectNode> json,
    Consumer<PrintWriter> text,
    List<String> remarks) {}
