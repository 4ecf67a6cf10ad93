package io.arrowquant.cli.sql;

import io.arrowquant.cli.text.Resource;

/** Text put into statements: names of tensors and files may hold anything. */
final class Sql {

  private Sql() {}

  /** A string literal. */
  static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** A quoted identifier. */
  static String name(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Statements that come with the program. */
  static String resource(String name) {
    return Resource.text(Sql.class, name);
  }
}
