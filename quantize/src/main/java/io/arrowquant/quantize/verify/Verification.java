package io.arrowquant.quantize.verify;

import java.nio.file.Path;
import java.util.List;

/**
 * What a verification found.
 *
 * @param model the folder
 * @param files that the manifest lists and that were read whole
 * @param tensors that were decoded
 * @param parameters that were decoded
 * @param problems what is wrong; empty where the model is what it says
 * @param seconds that it took
 */
public record Verification(
    Path model, int files, int tensors, long parameters, List<Problem> problems, double seconds) {

  /**
   * Something wrong.
   *
   * @param where a file of the model or a tensor
   * @param what was found, and what was expected
   */
  public record Problem(String where, String what) {}

  public Verification {
    problems = List.copyOf(problems);
  }

  /** Whether no problem was found. */
  public boolean passed() {
    return problems.isEmpty();
  }
}
