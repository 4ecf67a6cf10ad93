package io.arrowquant.quantize.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.core.safetensors.DType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupTwinsTest {

  private final Contest ofPairs = new Contest(true);
  private final Contest ofOthers = new Contest(true);
  private final GroupTwins twins = new GroupTwins(ofPairs, ofOthers);

  private List<String> run(DType dtype, int... sizes) {
    List<String> calls = new ArrayList<>();
    twins.run(
        dtype, sizes, sizes.length, n -> calls.add("plain " + n), n -> calls.add("vector " + n));
    return calls;
  }

  private static void begin(Contest contest, long plain, long twin) {
    while (!contest.due()) {
      assertFalse(contest.won());
    }
    contest.plain(plain, 1);
    contest.twin(twin, 1);
  }

  @Test
  void aTrialIsOfAFewGroupsAndThePlainLoopsDoThemAgain() {
    begin(ofOthers, 1, 1_000_000);
    assertEquals(List.of("vector 3", "plain 5"), run(DType.F32, 96, 96, 96, 96, 96));
  }

  @Test
  void aTwinThatCoversAllOnTrialStillHasThePlainLoopsToBeat() {
    begin(ofOthers, 1, 1_000_000);
    assertEquals(List.of("vector 1", "plain 1"), run(DType.F32, 4096));
  }

  @Test
  void aTwinThatIsNearlyAsFastDoesAll() {
    begin(ofOthers, 1000, 2000);
    assertEquals(List.of("vector 5"), run(DType.F32, 96, 96, 96, 96, 96));
  }

  @Test
  void tooFewWeightsAreNoTrial() {
    begin(ofOthers, 1, 1_000_000);
    assertEquals(List.of("plain 2"), run(DType.F32, 96, 96));
  }

  @Test
  void pairsAndOthersHaveTheirOwnContests() {
    begin(ofPairs, 1000, 1);
    while (!ofPairs.won()) {
      ofPairs.twin(1, 1);
    }
    assertEquals(List.of("vector 2"), run(DType.BF16, 96, 96));
    assertEquals(List.of("plain 2"), run(DType.F16, 96, 96));
    assertTrue(ofPairs.won());
    assertFalse(ofOthers.won());
  }
}
