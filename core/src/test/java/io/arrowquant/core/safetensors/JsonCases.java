package io.arrowquant.core.safetensors;

import static io.arrowquant.core.safetensors.TestFiles.tensor;

import java.util.List;

/** Grammar, duplicates, depth and metadata. */
final class JsonCases extends HeaderCases {

  JsonCases() {
    grammar();
    duplicates();
    metadata();
  }

  private void grammar() {
    accept("spaces before", "   {" + GOOD + "}", 8);
    accept("spaces after", "{" + GOOD + "}        ", 8);
    accept("all four kinds of white space", "\t\r\n { " + GOOD + "\n}\t\r\n ", 8);
    accept("an ignored number", with("\"x\":-1.5e300"), 8);
    accept("an ignored huge number", with("\"x\":" + "9".repeat(5000)), 8);
    accept("an ignored exponent", with("\"x\":1e999999999"), 8);
    accept("an ignored object", with("\"x\":{\"y\":[null,true,{\"z\":\"\"}]}"), 8);
    accept("ignored nesting to 127", with("\"x\":" + nested(125)), 8);
    json("nesting to 128", with("\"x\":" + nested(126)));
    json("nesting to 100,000", with("\"x\":" + nested(100_000)));
    json("nested objects to 128", with("\"x\":" + "{\"x\":".repeat(126) + "1" + "}".repeat(126)));
    json("open brackets only", "[".repeat(1_000_000));
    json("open braces only", "{\"a\":".repeat(1_000_000));
    String[] documents = {
      "",
      " ",
      "[]",
      "null",
      "true",
      "1",
      "\"a\"",
      "{",
      "}",
      "{}}",
      "{}{}",
      "{} x",
      "{}\0",
      "{},",
      "{\"a\"}",
      "{\"a\":}",
      "{a:1}",
      "{'a':1}",
      "{,}",
      "{" + GOOD + ",}",
      "{" + GOOD,
      "{" + GOOD + "]",
      "{/**/" + GOOD + "}",
      "{" + GOOD + "}//",
      "#{" + GOOD + "}",
      "{" + GOOD + "} null",
      "\f{" + GOOD + "}",
      "\u00a0{" + GOOD + "}",
      "{" + GOOD + "}\0",
      "{\"a\\x\":1}",
      "{\"a\nb\":1}",
      "{\"a\tb\":1}",
      "{\"\\u00\":1}",
      "{\"\\uZZZZ\":1}",
      "{\"a\":{}",
      "nul",
      "{\"a\":tru}"
    };
    for (String document : documents) {
      json("document " + document, document);
    }
    for (String value :
        List.of(
            "NaN",
            "Infinity",
            "-Infinity",
            "+1",
            "01",
            "1.",
            ".5",
            "0x10",
            "1e",
            "--1",
            "undefined",
            "'x'",
            "[1,]",
            "[,1]",
            "{\"y\":1,}")) {
      json("ignored value " + value, with("\"x\":" + value));
    }
  }

  private void duplicates() {
    String other = tensor("b", "U8", "[0]", 8, 8);
    accept("two tensors", "{" + GOOD + "," + other + "}", 8);
    json("a tensor twice", "{" + GOOD + "," + GOOD + "}");
    json(
        "a tensor twice, once escaped",
        "{" + GOOD + "," + tensor("\\u0061", "U8", "[0]", 8, 8) + "}");
    json(
        "escaped in two ways",
        "{"
            + tensor("\\u00e9", "F32", "[2]", 0, 8)
            + ","
            + tensor("\u00e9", "U8", "[0]", 8, 8)
            + "}");
    json(
        "hex digits in both cases",
        "{"
            + tensor("\\u00E9", "F32", "[2]", 0, 8)
            + ","
            + tensor("\\u00e9", "U8", "[0]", 8, 8)
            + "}");
    json(
        "escaped slash",
        "{" + tensor("a/b", "F32", "[2]", 0, 8) + "," + tensor("a\\/b", "U8", "[0]", 8, 8) + "}");
    json("metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}," + GOOD + "}");
    json(
        "metadata twice, once escaped",
        "{\"__metadata__\":{},\"\\u005f_metadata__\":{}," + GOOD + "}");
    json("a metadata key twice", "{\"__metadata__\":{\"k\":\"1\",\"k\":\"1\"}," + GOOD + "}");
    json(
        "a metadata key twice, once escaped",
        "{\"__metadata__\":{\"k\":\"1\",\"\\u006b\":\"1\"}," + GOOD + "}");
    json("dtype twice", with("\"dtype\":\"F32\""));
    json("shape twice", with("\"shape\":[2]"));
    json("data_offsets twice", with("\"data_offsets\":[0,8]"));
    json("dtype twice, once escaped", with("\"\\u0064type\":\"F32\""));
    json("an ignored key twice", with("\"x\":1,\"x\":1"));
    json("a key twice in an ignored object", with("\"x\":[{\"y\":1,\"\\u0079\":2}]"));
    accept("one key in two objects", with("\"x\":[{\"y\":1},{\"y\":1}]"), 8);
    accept("keys that differ by case", "{" + GOOD + "," + tensor("A", "U8", "[0]", 8, 8) + "}", 8);
    accept(
        "composed and decomposed",
        "{"
            + tensor("\u00e9", "F32", "[2]", 0, 8)
            + ","
            + tensor("e\u0301", "U8", "[0]", 8, 8)
            + "}",
        8);
  }

  private void metadata() {
    accept("empty metadata", "{\"__metadata__\":{}," + GOOD + "}", 8);
    accept("metadata after tensors", "{" + GOOD + ",\"__metadata__\":{\"a\":\"\"}}", 8);
    accept("metadata alone", "{\"__metadata__\":{\"format\":\"pt\"}}", 0);
    accept("an empty key", "{\"__metadata__\":{\"\":\"x\"}}", 0);
    for (String value :
        List.of(
            "null",
            "[]",
            "\"\"",
            "1",
            "true",
            "{\"a\":1}",
            "{\"a\":null}",
            "{\"a\":{}}",
            "{\"a\":[]}",
            "{\"a\":true}",
            "{\"a\":1.0}")) {
      json("metadata " + value, "{\"__metadata__\":" + value + "," + GOOD + "}");
    }
    json("metadata in another case is a tensor", "{\"__METADATA__\":{\"a\":\"b\"}," + GOOD + "}");
  }
}
