package io.arrowquant.cli.sql;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Array;
import java.sql.Blob;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.Map;
import org.duckdb.DuckDBStruct;

/** A value as DuckDB's driver has it, for people and for programs. */
final class Cell {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private Cell() {}

  /** As DuckDB itself writes it. */
  static String text(Object value) {
    try {
      if (value instanceof Array list) {
        return elements((Object[]) list.getArray(), Integer.MAX_VALUE);
      }
      if (value instanceof DuckDBStruct struct) {
        return fields(struct.getMap());
      }
      if (value instanceof Map<?, ?> map) {
        return fields(map);
      }
      if (value instanceof Blob blob) {
        return "\\x" + HexFormat.of().formatHex(bytes(blob));
      }
      return String.valueOf(value);
    } catch (SQLException e) {
      throw QueryFailure.of(e);
    }
  }

  /** The same, with no more of a long list than fits into so many characters. */
  static String glance(Object value, int width) {
    try {
      if (value instanceof Array list) {
        return elements((Object[]) list.getArray(), width);
      }
      if (value instanceof Blob blob && blob.length() > width) {
        return "%d bytes".formatted(blob.length());
      }
      return text(value);
    } catch (SQLException e) {
      throw QueryFailure.of(e);
    }
  }

  private static String elements(Object[] elements, int width) {
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < elements.length; i++) {
      text.append(i == 0 ? "" : ", ");
      String element = elements[i] == null ? "NULL" : text(elements[i]);
      String rest = ", ... %d]".formatted(elements.length);
      if (text.length() + element.length() + rest.length() > width && i + 1 < elements.length) {
        return text.append("... ").append(elements.length).append(']').toString();
      }
      text.append(element);
    }
    return text.append(']').toString();
  }

  private static String fields(Map<?, ?> fields) {
    StringBuilder text = new StringBuilder("{");
    fields.forEach(
        (key, value) ->
            text.append(text.length() == 1 ? "" : ", ")
                .append('\'')
                .append(key)
                .append("': ")
                .append(value == null ? "NULL" : text(value)));
    return text.append('}').toString();
  }

  /** Numbers, lists and structs as such; null for what JSON has no number for, texts for others. */
  static JsonNode json(Object value) {
    try {
      if (value == null) {
        return JSON.nullNode();
      }
      if (value instanceof Array list) {
        ArrayNode array = JSON.arrayNode();
        for (Object element : (Object[]) list.getArray()) {
          array.add(json(element));
        }
        return array;
      }
      if (value instanceof DuckDBStruct struct) {
        return object(struct.getMap());
      }
      if (value instanceof Map<?, ?> map) {
        return object(map);
      }
      if (value instanceof Boolean bool) {
        return JSON.booleanNode(bool);
      }
      if (value instanceof Float f) {
        return Float.isFinite(f) ? JSON.numberNode(f) : JSON.nullNode();
      }
      if (value instanceof Double d) {
        return Json.number(d);
      }
      if (value instanceof BigDecimal decimal) {
        return JSON.numberNode(decimal);
      }
      if (value instanceof BigInteger integer) {
        return JSON.numberNode(integer);
      }
      if (value instanceof Number number) {
        return JSON.numberNode(number.longValue());
      }
      return JSON.textNode(text(value));
    } catch (SQLException e) {
      throw QueryFailure.of(e);
    }
  }

  private static ObjectNode object(Map<?, ?> fields) {
    ObjectNode object = JSON.objectNode();
    fields.forEach((key, value) -> object.set(String.valueOf(key), json(value)));
    return object;
  }

  private static byte[] bytes(Blob blob) throws SQLException {
    return blob.getBytes(1, Math.toIntExact(blob.length()));
  }
}
