package io.arrowquant.cli.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.arrowquant.cli.demo.SyntheticCheckpoint;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The text of rows with nulls, nested lists, structs, quotes and line ends, to the character. */
class ResultFormatTest {

  private static final String QUERY =
      """
      select i, t as "t ""q""\", l, s from (values
        (1, 'plain', [[1, null], []], {'name': 'q"q', 'of': null::double}),
        (null, 'say "hi", a|b <c> \\' || chr(10) || 'next', null, {'name': 'it''s', 'of': 0.5}),
        (-3, '', [[7]], null)) v(i, t, l, s)
      """;

  @TempDir Path folder;

  @BeforeEach
  void write() {
    new SyntheticCheckpoint(100_000, DType.BF16, 1, 1).write(folder, Progress.NONE);
  }

  @Test
  void csv() {
    assertEquals(
        """
        i,"t ""q""\",l,s
        1,plain,"[[1, NULL], []]","{'name': q""q, 'of': NULL}"
        ,"say ""hi"", a|b <c> \\
        next",,"{'name': it's, 'of': 0.5}"
        -3,"",[[7]],
        """,
        printed(ResultFormat.CSV, QUERY));
  }

  @Test
  void json() {
    assertEquals(
        """
        [
        {"i":1,"t \\"q\\"":"plain","l":[[1,null],[]],"s":{"name":"q\\"q","of":null}},
        {"i":null,"t \\"q\\"":"say \\"hi\\", a|b <c> \\\\\\nnext","l":null,"s":{"name":"it's","of":0.5}},
        {"i":-3,"t \\"q\\"":"","l":[[7]],"s":null}
        ]
        """,
        printed(ResultFormat.JSON, QUERY));
    assertEquals("[]\n", printed(ResultFormat.JSON, "select 1 where false"));
  }

  @Test
  void jsonLines() {
    assertEquals(
        """
        {"i":1,"t \\"q\\"":"plain","l":[[1,null],[]],"s":{"name":"q\\"q","of":null}}
        {"i":null,"t \\"q\\"":"say \\"hi\\", a|b <c> \\\\\\nnext","l":null,"s":{"name":"it's","of":0.5}}
        {"i":-3,"t \\"q\\"":"","l":[[7]],"s":null}
        """,
        printed(ResultFormat.JSONLINES, QUERY));
    assertEquals("", printed(ResultFormat.JSONLINES, "select 1 where false"));
  }

  @Test
  void markdown() {
    assertEquals(
        """
        | i | t "q" | l | s |
        |---|---|---|---|
        | 1 | plain | [[1, NULL], []] | {'name': q"q, 'of': NULL} |
        |  | say "hi", a\\|b &lt;c> \\\\<br>next |  | {'name': it's, 'of': 0.5} |
        | -3 |  | [[7]] |  |
        """,
        printed(ResultFormat.MARKDOWN, QUERY));
  }

  @Test
  void box() {
    assertEquals(
        """
        ┌─────────┬───────────────────────────────┬─────────────────┬─────────────────────────────────────┐
        │ i       │ t "q"                         │ l               │ s                                   │
        │ INTEGER │ VARCHAR                       │ INTEGER[][]     │ STRUCT("name" VARCHAR, "of" DOUBLE) │
        ├─────────┼───────────────────────────────┼─────────────────┼─────────────────────────────────────┤
        │       1 │ plain                         │ [[1, NULL], []] │ {'name': q"q, 'of': NULL}           │
        │    NULL │ say "hi", a|b <c> \\\\u000anext │ NULL            │ {'name': it's, 'of': 0.5}           │
        │      -3 │                               │ [[7]]           │ NULL                                │
        └─────────┴───────────────────────────────┴─────────────────┴─────────────────────────────────────┘
        3 rows
        """,
        printed(ResultFormat.BOX, QUERY));
  }

  /** What is neither a text nor an ordinary number. */
  @Test
  void bytesMapsAndWideNumbers() {
    String query =
        "select '\\x01\\xFF'::blob as b, map {'k': 1.5, 'n': null} as m, 12.50::decimal(6, 2) as d,"
            + " 170141183460469231731687303715884105727::hugeint as h, 'nan'::float as f, true as t";
    assertEquals(
        """
        {"b":"\\\\x01ff","m":{"k":1.5,"n":null},"d":12.50,"h":170141183460469231731687303715884105727,"f":null,"t":true}
        """,
        printed(ResultFormat.JSONLINES, query));
    assertEquals(
        """
        b,m,d,h,f,t
        \\x01ff,"{'k': 1.5, 'n': NULL}",12.50,170141183460469231731687303715884105727,NaN,true
        """,
        printed(ResultFormat.CSV, query));
    String box = printed(ResultFormat.BOX, "select repeat('ab', 500)::blob as b, range(2000) as l");
    assertTrue(box.contains("1000 bytes"), box);
    assertTrue(box.contains(" ... 2000]"), box);
  }

  @Test
  void aBoxShowsTheFirstAndTheLastRowsOfMany() {
    String text = printed(ResultFormat.BOX, "select range as r from range(100)");
    assertEquals(4 + 30 + 1 + 10 + 1 + 1, text.lines().count());
    assertEquals("100 rows, 40 shown", text.lines().reduce((a, b) -> b).orElseThrow());
    List<String> lines = text.lines().toList();
    assertTrue(lines.get(34).matches("│ +· │"), lines.get(34));
    assertEquals(lines.get(0).length(), lines.get(34).length());
    assertTrue(lines.get(33).endsWith(" 29 │") && lines.get(35).endsWith(" 90 │"), text);
  }

  @Test
  void theNameOfAFileTellsItsFormat() {
    assertEquals(Optional.of(ResultFormat.JSONLINES), ResultFormat.of(Path.of("a.b.NDJSON")));
    assertEquals(Optional.empty(), ResultFormat.of(Path.of("csv.parquet")));
  }

  private String printed(ResultFormat format, String sql) {
    StringWriter text = new StringWriter();
    try (ModelDatabase database = ModelDatabase.open(folder, DatabaseOptions.DEFAULT);
        QueryResult result = database.run(SqlText.all(sql).get(0));
        PrintWriter out = new PrintWriter(text)) {
      format.print(result, out);
    }
    return text.toString();
  }
}
