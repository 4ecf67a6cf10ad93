package io.arrowquant.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorTypeTest {

  @ParameterizedTest
  @CsvSource({
    "int2, 2, 0, ",
    "INT8:G16, 8, 16, ",
    "int4:g1024, 4, 1024, ",
    "int3:best, 3, 0, BEST",
    "int5:g32:fast, 5, 32, FAST",
    "int6:best:g64, 6, 64, BEST",
  })
  void widthsGroupsAndMethods(String word, int bits, int group, Method method) {
    assertEquals(
        Optional.of(
            new TensorType(
                OptionalInt.of(bits),
                group == 0 ? OptionalInt.empty() : OptionalInt.of(group),
                Optional.ofNullable(method))),
        TensorType.parse(word));
  }

  @Test
  void keepIsATypeOfItsOwn() {
    assertTrue(TensorType.parse(" keep ").orElseThrow().isKeep());
    assertFalse(TensorType.parse("int4").orElseThrow().isKeep());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "int",
        "int1",
        "int7",
        "int16",
        "int44",
        "4",
        "f16",
        "keep:g64",
        "int4:",
        "int4::g64",
        "int4:g15",
        "int4:g1025",
        "int4:g064x",
        "int4:64",
        "int4:g64:g64",
        "int4:best:fast",
        "int4:slow",
        "int4:g99999999999"
      })
  void anythingElseIsNoType(String word) {
    assertEquals(Optional.empty(), TensorType.parse(word));
  }

  @Test
  void aRuleIsCutAtItsLastEqualsSign() {
    TensorTypeRule rule = TensorTypeRule.parse(" a(?=b)=int4 ").orElseThrow();
    assertEquals("a(?=b)=int4", rule.text());
    assertTrue(rule.test("x.ab"));
    assertFalse(rule.test("x.ac"));
  }
}
