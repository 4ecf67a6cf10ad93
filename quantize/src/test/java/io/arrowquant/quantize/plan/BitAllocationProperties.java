package io.arrowquant.quantize.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.quantize.plan.BitAllocation.Choice;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class BitAllocationProperties {

  private static final int[] WIDTHS =
      CodeLimits.BIT_WIDTHS.stream().mapToInt(bits -> bits).toArray();

  @Test
  void bytesGoWhereTheySaveMost() {
    List<Choice> important = List.of(new Choice(2, 100, 1000), new Choice(4, 200, 10));
    List<Choice> unimportant = List.of(new Choice(2, 100, 10), new Choice(4, 200, 1));
    assertEquals(List.of(4, 2), BitAllocation.allocate(List.of(important, unimportant), 300));
    assertEquals(List.of(4, 4), BitAllocation.allocate(List.of(important, unimportant), 400));
    assertEquals(List.of(2, 2), BitAllocation.allocate(List.of(important, unimportant), 299));
    assertThrows(
        InvalidConfigException.class,
        () -> BitAllocation.allocate(List.of(important, unimportant), 190));
  }

  /** Steps off the hull are too dear until nothing else fits. */
  @Test
  void whatIsLeftIsSpent() {
    List<Choice> tensor =
        List.of(new Choice(2, 100, 1000), new Choice(3, 150, 900), new Choice(4, 200, 10));
    assertEquals(List.of(2), BitAllocation.allocate(List.of(tensor), 149));
    assertEquals(List.of(3), BitAllocation.allocate(List.of(tensor), 199));
    assertEquals(List.of(4), BitAllocation.allocate(List.of(tensor), 200));
  }

  /** Never over the budget, and as good as any choice that leaves room for one more step. */
  @Property(tries = 200)
  void isOptimalForWhatItUses(@ForAll long seed) {
    Random random = new Random(seed);
    List<List<Choice>> tensors = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      List<Choice> choices = new ArrayList<>();
      double weights = 100 + random.nextInt(1000);
      double scale = Math.pow(10, random.nextDouble() * 4);
      for (int width : WIDTHS) {
        double noise = 0.5 + random.nextDouble();
        choices.add(new Choice(width, weights * width, scale * noise * Math.pow(4, -width)));
      }
      tensors.add(choices);
    }
    double least = tensors.stream().mapToDouble(c -> c.get(0).bytes()).sum();
    double budget = least * (1 + random.nextDouble() * 3);
    List<Integer> widths = BitAllocation.allocate(tensors, budget);
    double used = 0;
    double distortion = 0;
    for (int t = 0; t < 4; t++) {
      Choice choice = choice(tensors.get(t), widths.get(t));
      used += choice.bytes();
      distortion += choice.distortion();
    }
    assertTrue(used <= budget);
    double step =
        tensors.stream().mapToDouble(c -> c.get(5).bytes() - c.get(0).bytes()).max().orElseThrow();
    for (int combination = 0; combination < 1296; combination++) {
      double bytes = 0;
      double sum = 0;
      for (int t = 0, c = combination; t < 4; t++, c /= 6) {
        bytes += tensors.get(t).get(c % 6).bytes();
        sum += tensors.get(t).get(c % 6).distortion();
      }
      assertTrue(
          bytes > budget - step || sum >= distortion * (1 - 1e-9),
          "better: " + sum + " instead of " + distortion);
    }
  }

  private static Choice choice(List<Choice> choices, int width) {
    return choices.stream().filter(c -> c.bitWidth() == width).findFirst().orElseThrow();
  }
}
