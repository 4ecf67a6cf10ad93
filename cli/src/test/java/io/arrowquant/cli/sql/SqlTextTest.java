package io.arrowquant.cli.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import org.junit.jupiter.api.Test;

class SqlTextTest {

  @Test
  void semicolonsInsideOtherThingsEndNothing() {
    SqlText text =
        SqlText.of(
            "select ';', E'\\';', \"a;\"\"b\" /* ; /* ; */ ; */ -- ;\n"
                + ", $$;$$, $q$ ; $$ $q$; from t");
    assertEquals(1, text.statements().size());
    assertEquals(Set.of("a;\"b"), text.statements().get(0).quoted());
    assertEquals(Set.of("select"), text.statements().get(0).words());
    assertEquals("from t", text.rest());
  }

  @Test
  void commentsAndBlanksAreNoStatements() {
    assertEquals(List.of(), SqlText.all(" ; -- nothing\n;/* nothing */"));
    assertEquals("", SqlText.of("select 1; -- done").rest());
    assertEquals(2, SqlText.all("select 1; select 2").size());
  }

  @Test
  void wordsAreFoundWhereverTheyStand() {
    SqlText.Statement statement = SqlText.all("prepare p as\nCopy(select 1)to 'x'").get(0);
    assertTrue(statement.words().contains("copy"));
  }

  @Test
  void textsAreReadAsTheyMean() {
    SqlText.Statement statement =
        SqlText.all("select 'it''s', '', E'a\\'b', $$c'd$$, $q$e$$f$q$, \"no\"").get(0);
    assertEquals(List.of("it's", "", "a'b", "c'd", "e$$f"), statement.texts().subList(0, 5));
    assertEquals(Set.of("no"), statement.quoted());
  }

  @Property
  void anyTextIsCutWithoutLosingAnything(
      @ForAll
          @Chars({'\'', '"', ';', '$', '-', '/', '*', '\\', 'e', '\n', ' '})
          @CharRange(from = 'a', to = 'c')
          String text) {
    SqlText cut = SqlText.of(text);
    int length = cut.rest().length();
    for (SqlText.Statement statement : cut.statements()) {
      assertTrue(text.contains(statement.sql()), statement.sql());
      length += statement.sql().length() + 1;
    }
    assertTrue(length <= text.length());
  }
}
