package io.arrowquant.arrow.output;

import java.nio.file.Path;
import java.util.function.Predicate;

/**
 * What a run writes, and so what it may replace: nothing but its own kind.
 *
 * @param name in a sentence: "a model written by ArrowQuant (it has no model.json)"
 * @param isOne whether what lies at a path is of this kind
 * @param mark the file of a folder that makes it one, and that is deleted first, so that what a
 *     crash leaves is not taken for one; null where there is none
 */
public record OutputKind(String name, Predicate<Path> isOne, String mark) {}
