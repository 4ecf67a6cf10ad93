package io.arrowquant.quantize.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TimeGroupsTest {

  @Test
  void stepsOfLikeRangesComeTogether() {
    double[] ranges = {0, 0.1, 0, 3, 3.1, 3, 9, 9};
    assertArrayEquals(new int[] {0, 3, 6}, TimeGroups.cut(ranges, 3));
    assertArrayEquals(new int[] {0}, TimeGroups.cut(ranges, 1));
    assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6, 7}, TimeGroups.cut(ranges, 8));
  }

  @Property(tries = 200)
  void noOtherCutCostsLess(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 9) int n,
      @ForAll @IntRange(min = 1, max = 4) int groups) {
    int g = Math.min(groups, n);
    double[] ranges = new Random(seed).doubles(n).toArray();
    double found = cost(ranges, TimeGroups.cut(ranges, g));
    assertEquals(least(ranges, 0, g), found, 1e-12);
  }

  /** By trying all. */
  private static double least(double[] ranges, int from, int groups) {
    if (groups == 1) {
      return cost(ranges, from, ranges.length);
    }
    double least = Double.POSITIVE_INFINITY;
    for (int end = from + 1; end <= ranges.length - groups + 1; end++) {
      least = Math.min(least, cost(ranges, from, end) + least(ranges, end, groups - 1));
    }
    return least;
  }

  private static double cost(double[] ranges, int[] starts) {
    double cost = 0;
    for (int g = 0; g < starts.length; g++) {
      int end = g + 1 == starts.length ? ranges.length : starts[g + 1];
      assertTrue(starts[g] < end);
      cost += cost(ranges, starts[g], end);
    }
    return cost;
  }

  private static double cost(double[] ranges, int from, int end) {
    double widest = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (int i = from; i < end; i++) {
      widest = Math.max(widest, ranges[i]);
      sum += ranges[i];
    }
    return widest * (end - from) - sum;
  }
}
