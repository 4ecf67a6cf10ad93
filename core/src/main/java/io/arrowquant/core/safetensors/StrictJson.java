package io.arrowquant.core.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.arrowquant.core.QuotedName;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * One JSON document, read as a stream and more strictly than Jackson alone would: well-formed UTF-8
 * with no byte order mark, no lone surrogates, no key twice in an object once unescaped, bounded
 * nesting, nothing after the document. Time and memory are linear in the document.
 */
final class StrictJson implements Closeable {

  /** Reads the value that the parser stands on. */
  @FunctionalInterface
  interface FieldReader {
    void read(String key) throws IOException;
  }

  /** Reads the element that the parser stands on. */
  @FunctionalInterface
  interface ElementReader {
    void read() throws IOException;
  }

  private static final int DEEPEST = 127;

  // Names are neither interned nor shared: each occurs once, and a table of them could be attacked.
  private static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final JsonParser parser;

  private StrictJson(JsonParser parser) {
    this.parser = parser;
  }

  /** Reads a whole document that must be an object, handing each field to {@code reader}. */
  static void readObject(byte[] utf8, ReaderOf reader) throws IOException {
    // A Reader keeps Jackson from guessing UTF-16 or UTF-32, and its decoder refuses what Jackson's
    // own would let pass: overlong forms, encoded surrogates, code points past U+10FFFF.
    InputStreamReader decoded =
        new InputStreamReader(
            new ByteArrayInputStream(utf8),
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT));
    try (StrictJson json = new StrictJson(FACTORY.createParser(decoded))) {
      json.parser.nextToken();
      json.object("the document", key -> reader.read(json, key));
      if (json.parser.nextToken() != null) {
        throw json.malformed("there is something after the end of the document");
      }
    } catch (CharacterCodingException e) {
      throw new MalformedJsonException("it is not well-formed UTF-8");
    } catch (StreamConstraintsException e) {
      throw new MalformedJsonException("it is nested deeper than " + DEEPEST + " levels");
    } catch (JsonProcessingException e) {
      // Jackson's own message would quote the file.
      throw new MalformedJsonException(
          "it is not valid JSON at character " + e.getLocation().getCharOffset());
    }
  }

  /** Reads one field of the document. */
  @FunctionalInterface
  interface ReaderOf {
    void read(StrictJson json, String key) throws IOException;
  }

  /** Reads the object that the parser stands on. {@code what} names it in errors. */
  void object(String what, FieldReader reader) throws IOException {
    expect(JsonToken.START_OBJECT, what, "an object");
    Set<String> keys = new HashSet<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = wellFormed(parser.currentName());
      if (!keys.add(key)) {
        throw malformed("the key " + QuotedName.of(key) + " occurs twice in " + what);
      }
      parser.nextToken();
      reader.read(key);
    }
  }

  /** Reads the array that the parser stands on. */
  void array(String what, ElementReader reader) throws IOException {
    expect(JsonToken.START_ARRAY, what, "an array");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      reader.read();
    }
  }

  /** The string that the parser stands on. */
  String string(String what) throws IOException {
    expect(JsonToken.VALUE_STRING, what, "a string");
    return wellFormed(parser.getText());
  }

  /** The integer that the parser stands on: plain digits, 0 to 2^63-1. */
  long natural(String what) throws IOException {
    expect(JsonToken.VALUE_NUMBER_INT, what, "an integer");
    String digits = parser.getText();
    if (digits.charAt(0) == '-') {
      throw malformed(what + " is negative, not an integer from 0 to 2^63-1");
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      throw malformed(what + " is larger than 2^63-1");
    }
  }

  /** The number that the parser stands on, or NaN for a value of another kind. */
  double numberOrNaN() throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
      return Double.parseDouble(parser.getText());
    }
    skip();
    return Double.NaN;
  }

  /** Passes over the value that the parser stands on, by the same rules; depth is bounded. */
  void skip() throws IOException {
    switch (parser.currentToken()) {
      case START_OBJECT -> object("an object", key -> skip());
      case START_ARRAY -> array("an array", this::skip);
      case VALUE_STRING -> wellFormed(parser.getText());
      default -> parser.finishToken();
    }
  }

  MalformedJsonException malformed(String found) {
    return new MalformedJsonException(found);
  }

  private void expect(JsonToken expected, String what, String kind) throws IOException {
    JsonToken found = parser.currentToken();
    if (found != expected) {
      throw malformed(what + " is " + describe(found) + ", not " + kind);
    }
  }

  private static String describe(JsonToken token) {
    if (token == null) {
      return "missing";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT -> "an integer";
      case VALUE_NUMBER_FLOAT -> "a number with a fraction or an exponent";
      case VALUE_TRUE, VALUE_FALSE -> "a boolean";
      case VALUE_NULL -> "null";
      default -> "something else";
    };
  }

  private String wellFormed(String text) throws IOException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw malformed("a string holds a lone surrogate");
        }
        i++;
      }
    }
    return text;
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
