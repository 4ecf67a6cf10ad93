package io.arrowquant.quantize.kernel;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ContestTest {

  private static Contest started() {
    Contest contest = new Contest(true);
    while (!contest.due()) {
      assertFalse(contest.won());
    }
    return contest;
  }

  @Test
  void aTwinWinsByBeingFasterSeveralTimesInARow() {
    Contest contest = started();
    contest.plain(1000, 10);
    for (int i = 0; i < 3; i++) {
      contest.twin(99, 1);
    }
    contest.twin(101, 1);
    for (int i = 0; i < 3; i++) {
      contest.twin(198, 2);
      assertFalse(contest.won());
    }
    contest.twin(99, 1);
    assertTrue(contest.won());
  }

  @Test
  void oneSlowRoundOfThePlainLoopsDecidesNothing() {
    Contest contest = started();
    contest.plain(1000, 10);
    contest.plain(1_000_000, 10);
    for (int i = 0; i < 10; i++) {
      contest.twin(500, 1);
    }
    assertFalse(contest.won());
    assertTrue(contest.due());
  }

  @Test
  void oneThreadTriesAtATime() {
    Contest contest = started();
    assertFalse(contest.due());
    contest.twin(1000, 1);
    assertTrue(contest.due());
  }

  @Test
  void aTwinThatIsNearlyAsFastIsTriedOnMore() {
    Contest contest = started();
    contest.plain(1000, 10);
    contest.twin(500, 1);
    assertFalse(contest.near());
    contest.twin(300, 1);
    assertTrue(contest.near());
    contest.twin(500, 1);
    assertFalse(contest.near());
  }

  @Test
  void trialsOfASlowTwinTakeLittleOfTheTime() {
    Contest contest = started();
    contest.plain(1000, 10);
    contest.twin(3_000_000_000L, 1);
    assertFalse(contest.due());
  }

  @Test
  void withoutATwinThereIsNoTrial() {
    Contest contest = new Contest(false);
    for (int i = 0; i < 10_000; i++) {
      assertFalse(contest.due());
    }
  }
}
