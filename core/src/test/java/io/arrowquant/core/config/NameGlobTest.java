package io.arrowquant.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NameGlobTest {

  @ParameterizedTest
  @CsvSource({
    "*,a.b/c,true",
    "*.bias,x.bias,true",
    "*.bias,x.bias2,false",
    "a?c,abc,true",
    "a?c,ac,false",
    "a.c,abc,false",
    "[x],[x],true",
    "'','',true",
    "*,'',true",
    "a,'',false",
    "*a*b*,xxaxxbxx,true",
    "*a*b*,xxbxxaxx,false",
    "*ab,aab,true",
  })
  void examples(String glob, String name, boolean matches) {
    assertEquals(matches, new NameGlob(glob).test(name));
  }

  @Property(tries = 500)
  void matchesAsTheSameRegularExpression(
      @ForAll @Chars({'a', 'b', '*', '?', '.'}) @StringLength(max = 8) String glob,
      @ForAll @Chars({'a', 'b', '.'}) @StringLength(max = 10) String name) {
    String regex =
        glob.chars()
            .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote("" + (char) c))
            .collect(Collectors.joining());
    assertEquals(Pattern.matches(regex, name), new NameGlob(glob).test(name));
  }

  @Test
  void manyStarsTakeNoExponentialTime() {
    assertFalse(new NameGlob("*a".repeat(200) + "b").test("a".repeat(5000)));
  }
}
