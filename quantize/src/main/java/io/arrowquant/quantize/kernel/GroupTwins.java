package io.arrowquant.quantize.kernel;

import io.arrowquant.core.safetensors.DType;

/**
 * Runs one of two twins of a kernel over consecutive groups: plain loops, or those in the Vector
 * API once they have won. bfloat16 is read in pairs and has a {@link Contest} of its own, because
 * the JIT compiler may have compiled the one way to read and not yet the other. Threads share it.
 */
final class GroupTwins {

  /** A twin over the first groups of a call. */
  interface Loops {
    void over(int groups);
  }

  /** Weights on which the Vector API is tried while it is slow. */
  private static final int TRIAL = 256;

  private final Contest ofPairs;
  private final Contest ofOthers;

  GroupTwins() {
    this(new Contest(VectorApi.USABLE), new Contest(VectorApi.USABLE));
  }

  GroupTwins(Contest ofPairs, Contest ofOthers) {
    this.ofPairs = ofPairs;
    this.ofOthers = ofOthers;
  }

  /** Runs the twin that is to be used, over all groups; on trial, both. */
  void run(DType dtype, int[] sizes, int groups, Loops plain, Loops vector) {
    Contest contest = dtype == DType.BF16 ? ofPairs : ofOthers;
    if (contest.won()) {
      vector.over(groups);
    } else if (total(sizes, groups) >= TRIAL && contest.due()) {
      race(contest, sizes, groups, plain, vector);
    } else {
      plain.over(groups);
    }
  }

  private static void race(Contest contest, int[] sizes, int groups, Loops plain, Loops vector) {
    boolean near = contest.near();
    int of = near ? groups : 0;
    for (int weights = 0; weights < TRIAL && of < groups; of++) {
      weights += sizes[of];
    }
    long start = System.nanoTime();
    vector.over(of);
    long middle = System.nanoTime();
    if (!near) {
      plain.over(groups);
      contest.plain(System.nanoTime() - middle, total(sizes, groups));
    }
    contest.twin(middle - start, total(sizes, of));
  }

  static int total(int[] sizes, int groups) {
    int total = 0;
    for (int g = 0; g < groups; g++) {
      total += sizes[g];
    }
    return total;
  }
}
