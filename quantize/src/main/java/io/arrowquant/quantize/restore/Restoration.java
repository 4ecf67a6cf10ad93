package io.arrowquant.quantize.restore;

import java.nio.file.Path;
import java.util.List;

/**
 * What was restored.
 *
 * @param output the file or folder
 * @param files written, companion files included, relative to the folder; one for a file
 * @param tensors in it
 * @param dequantizedTensors of those, the ones that were decoded; all others are bit for bit
 * @param parameters of all tensors
 * @param bytes of all tensors
 * @param seconds that it took
 * @param notes what the user should know, each a sentence
 */
public record Restoration(
    Path output,
    List<Path> files,
    int tensors,
    int dequantizedTensors,
    long parameters,
    long bytes,
    double seconds,
    List<String> notes) {}
