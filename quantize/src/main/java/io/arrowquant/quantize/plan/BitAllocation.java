package io.arrowquant.quantize.plan;

import io.arrowquant.core.InvalidConfigException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Spreads a byte budget over tensors so that the sum of their distortions is least: each tensor's
 * choices are reduced to their lower convex hull, and steps along the hulls are taken in the order
 * of distortion saved per byte. What is left goes to choices above the hulls that still fit.
 */
public final class BitAllocation {

  /**
   * One way to store a tensor.
   *
   * @param bitWidth its width
   * @param bytes what it takes
   * @param distortion what it costs: squared error, weighted by the tensor's sensitivity
   */
  public record Choice(int bitWidth, double bytes, double distortion) {}

  private record Step(int tensor, int index, double bytes, double gainPerByte) {}

  /**
   * Share by which choices may turn out smaller than expected: whether the least of all suffice is
   * then left to whoever writes them.
   */
  private static final double UNCERTAINTY = 0.03;

  private static final Comparator<Step> BEST_FIRST =
      Comparator.comparingDouble(Step::gainPerByte)
          .reversed()
          .thenComparingInt(Step::tensor)
          .thenComparingInt(Step::index);

  private BitAllocation() {}

  /**
   * Chooses for every tensor.
   *
   * @param tensors for each its choices, at least one
   * @param budget bytes for all of them together
   * @return the width chosen for each
   * @throws InvalidConfigException if even the smallest choices take clearly more than the budget
   */
  public static List<Integer> allocate(List<List<Choice>> tensors, double budget) {
    List<List<Choice>> hulls = tensors.stream().map(BitAllocation::hull).toList();
    int[] chosen = new int[hulls.size()];
    double used = hulls.stream().mapToDouble(hull -> hull.get(0).bytes()).sum();
    if (used > budget * (1 + UNCERTAINTY)) {
      throw new InvalidConfigException(
          String.format(
              Locale.ROOT,
              "The target size leaves %.0f bytes for the quantized tensors; the smallest they can"
                  + " be is %.0f.",
              budget,
              used));
    }
    for (Step step : steps(hulls)) {
      // A step is only open once the one before it on the same hull was taken.
      if (chosen[step.tensor()] == step.index() - 1 && used + step.bytes() <= budget) {
        chosen[step.tensor()] = step.index();
        used += step.bytes();
      }
    }
    List<Choice> taken = new ArrayList<>();
    for (int t = 0; t < hulls.size(); t++) {
      taken.add(hulls.get(t).get(chosen[t]));
    }
    spend(tensors, taken, budget - used);
    return taken.stream().map(Choice::bitWidth).toList();
  }

  /** Gives each tensor at most one more step, to any of its choices. */
  private static void spend(List<List<Choice>> tensors, List<Choice> taken, double left) {
    List<Step> steps = new ArrayList<>();
    for (int t = 0; t < tensors.size(); t++) {
      for (int i = 0; i < tensors.get(t).size(); i++) {
        double bytes = tensors.get(t).get(i).bytes() - taken.get(t).bytes();
        double gain = taken.get(t).distortion() - tensors.get(t).get(i).distortion();
        if (gain > 0 && bytes > 0 && bytes <= left) {
          steps.add(new Step(t, i, bytes, gain / bytes));
        }
      }
    }
    steps.sort(BEST_FIRST);
    boolean[] stepped = new boolean[tensors.size()];
    double rest = left;
    for (Step step : steps) {
      if (!stepped[step.tensor()] && step.bytes() <= rest) {
        stepped[step.tensor()] = true;
        taken.set(step.tensor(), tensors.get(step.tensor()).get(step.index()));
        rest -= step.bytes();
      }
    }
  }

  private static List<Step> steps(List<List<Choice>> hulls) {
    List<Step> steps = new ArrayList<>();
    for (int t = 0; t < hulls.size(); t++) {
      List<Choice> hull = hulls.get(t);
      for (int i = 1; i < hull.size(); i++) {
        double bytes = hull.get(i).bytes() - hull.get(i - 1).bytes();
        double gain = hull.get(i - 1).distortion() - hull.get(i).distortion();
        steps.add(new Step(t, i, bytes, gain / bytes));
      }
    }
    steps.sort(BEST_FIRST);
    return steps;
  }

  /** The choices that are best for some price of a byte, by size. */
  private static List<Choice> hull(List<Choice> choices) {
    List<Choice> sorted =
        choices.stream()
            .sorted(
                Comparator.comparingDouble(Choice::bytes).thenComparingDouble(Choice::distortion))
            .toList();
    List<Choice> hull = new ArrayList<>();
    for (Choice next : sorted) {
      if (!hull.isEmpty() && next.distortion() >= hull.get(hull.size() - 1).distortion()) {
        continue;
      }
      while (hull.size() > 1
          && slope(hull.get(hull.size() - 2), hull.get(hull.size() - 1))
              <= slope(hull.get(hull.size() - 1), next)) {
        hull.remove(hull.size() - 1);
      }
      hull.add(next);
    }
    return hull;
  }

  private static double slope(Choice from, Choice to) {
    return (from.distortion() - to.distortion()) / (to.bytes() - from.bytes());
  }
}
