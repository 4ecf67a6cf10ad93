package io.arrowquant.cli.command;

import io.arrowquant.core.config.ConfigBuilder;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One model to quantize, as a {@link BatchFile} has it.
 *
 * @param input as it is written in the file
 * @param source finds the model; fails where its address or its place in a cache is wrong
 * @param settings tells a builder what the file says for this job
 */
record BatchJob(
    String input,
    Supplier<Path> source,
    Path output,
    boolean overwrite,
    boolean resume,
    Consumer<ConfigBuilder> settings) {}
