package io.arrowquant.quantize.kernel;

/**
 * Decides when to go from plain loops to their twin in the Vector API. Until the JIT compiler has
 * compiled it, the twin is slower by a factor of a thousand, and how long that takes nobody tells:
 * so it is tried on a little of the work from time to time, until it wins. Both give the same bits;
 * only the time depends on the decision. One instance per thread and pair of twins.
 */
public final class Contest {

  /** Calls of the plain loops before the first trial: small jobs are done before the twin is. */
  private static final int PLAIN_CALLS = 1024;

  private static final int WINS = 4;
  private static final long MOST_NANOS = 2_000_000_000L;

  private final boolean open;
  private int calls;
  private int wins;
  private long spent;
  private double best = Double.POSITIVE_INFINITY;

  /**
   * @param open whether there is a twin
   */
  public Contest(boolean open) {
    this.open = open;
  }

  /** Whether the twin has won, so that the plain loops are no longer needed. */
  public boolean won() {
    return wins == WINS;
  }

  /** Whether plain calls are to be timed, and the twin to be tried. */
  public boolean due() {
    return open && ++calls > PLAIN_CALLS && spent < MOST_NANOS;
  }

  /** Says how long the plain loops took for an amount of work. */
  public void plain(long nanos, int work) {
    best = Math.min(best, (double) nanos / work);
  }

  /** Says how long the twin took. */
  public void twin(long nanos, int work) {
    spent += nanos;
    wins = nanos < best * work ? wins + 1 : 0;
  }
}
