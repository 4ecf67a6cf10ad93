package io.arrowquant.quantize.pipeline;

import java.util.List;
import java.util.Locale;

/**
 * Looks for the budget whose model lands just under a target size: what an allocation expects and
 * what is then written differ by a little, which only writing tells.
 */
final class BudgetSearch {

  /** No target: whatever the size is, it is taken. */
  static final BudgetSearch NONE = new BudgetSearch(Double.POSITIVE_INFINITY);

  /** How far under the target a result may be, as a share of it. */
  private static final double TOLERANCE = 0.01;

  /** The share of the target that is aimed at: a result may be under it, not over. */
  private static final double AIM = 0.997;

  private static final int MOST_RUNS = 6;

  private final double target;
  private double budget;
  private double under = Double.NEGATIVE_INFINITY;
  private double over = Double.POSITIVE_INFINITY;
  private int runs;
  private long found;

  BudgetSearch(double target) {
    this.target = target;
    this.budget = target * AIM;
  }

  /** Bytes to allocate next. */
  double budget() {
    return budget;
  }

  /** Whether the size found will do; if not, {@link #budget} has changed. */
  boolean accepts(long bytes) {
    found = bytes;
    runs++;
    if (target == Double.POSITIVE_INFINITY || isOnTarget() || runs == MOST_RUNS) {
      return true;
    }
    if (found > target) {
      over = budget;
    } else {
      under = budget;
    }
    budget = next();
    return false;
  }

  private double next() {
    boolean lastChance = runs == MOST_RUNS - 1;
    if (lastChance && under > Double.NEGATIVE_INFINITY) {
      return under;
    }
    double corrected = budget + target * AIM - found;
    return corrected > under && corrected < over ? corrected : (under + over) / 2;
  }

  private boolean isOnTarget() {
    return found <= target && found >= target * (1 - TOLERANCE);
  }

  /** Why the target was missed, where it was. */
  List<String> notes() {
    if (target == Double.POSITIVE_INFINITY || isOnTarget()) {
      return List.of();
    }
    return List.of(
        String.format(
            Locale.ROOT,
            "The model has %d bytes, %.1f %% %s the target: no tensor has a next width that fits.",
            found,
            Math.abs(1 - found / target) * 100,
            found > target ? "over" : "under"));
  }
}
