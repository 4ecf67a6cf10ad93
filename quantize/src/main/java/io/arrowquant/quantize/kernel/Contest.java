package io.arrowquant.quantize.kernel;

/**
 * Decides when to go from plain loops to their twin in the Vector API. Until the JIT compiler has
 * compiled it, the twin is slower by a factor of a thousand, and how long that takes nobody tells:
 * so it is tried on a little of the work from time to time, on all of it once it is nearly as fast,
 * until it wins. Both give the same bits; only the time depends on the decision. Threads may share
 * one, as what is compiled for one is for all.
 */
public final class Contest {

  /** Calls of the plain loops before the first trial: small jobs are done before the twin is. */
  private static final int PLAIN_CALLS = 1024;

  private static final int WINS = 4;
  private static final double NEAR = 4;

  /** What trials may take in any case, and the share of the time since the first one. */
  private static final long GRACE_NANOS = 300_000_000L;

  private static final double SHARE = 0.1;

  private final boolean open;
  private volatile boolean won;
  private boolean trying;
  private boolean near;
  private int calls;
  private int wins;
  private long first;
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
    return won;
  }

  /** Whether the caller is to try the twin, and to say what came of it, before any other does. */
  public boolean due() {
    return open && begin();
  }

  private synchronized boolean begin() {
    if (trying || ++calls <= PLAIN_CALLS) {
      return false;
    }
    long now = System.nanoTime();
    first = calls == PLAIN_CALLS + 1 ? now : first;
    trying = spent < GRACE_NANOS + SHARE * (now - first);
    return trying;
  }

  /** Whether the twin may be tried on as much work as there is. */
  public synchronized boolean near() {
    return near;
  }

  /** Says how long the plain loops took for an amount of work. */
  public synchronized void plain(long nanos, int work) {
    best = Math.min(best, (double) nanos / work);
  }

  /** Says how long the twin took, after the plain loops were timed once; the trial is over. */
  public synchronized void twin(long nanos, int work) {
    trying = false;
    spent += nanos;
    near = nanos < NEAR * best * work;
    wins = nanos < best * work ? wins + 1 : 0;
    won = wins >= WINS;
  }
}
