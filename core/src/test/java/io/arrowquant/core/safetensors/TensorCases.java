package io.arrowquant.core.safetensors;

import static io.arrowquant.core.safetensors.TestFiles.tensor;

import java.util.List;

/** Fields, integers, dtypes, shapes, offsets and names. */
final class TensorCases extends HeaderCases {

  TensorCases() {
    fields();
    integers();
    dtypes();
    shapes();
    tiling();
    names();
  }

  private void fields() {
    accept(
        "fields in another order",
        "{\"a\":{\"data_offsets\":[0,8],\"shape\":[2],\"dtype\":\"F32\"}}",
        8);
    accept(
        "escaped field names",
        "{\"a\":{\"\\u0064type\":\"F32\",\"sh\\u0061pe\":[2],\"data_offsets\":[0,8]}}",
        8);
    accept(
        "escaped dtype",
        "{\"a\":{\"dtype\":\"F\\u0033\\u0032\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        8);
    for (String value : List.of("null", "[]", "\"F32\"", "1", "true", "{}")) {
      json("a tensor that is " + value, "{\"a\":" + value + "}");
    }
    json("no dtype", "{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}");
    json("no shape", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}");
    json("no data_offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}");
    json("Dtype", "{\"a\":{\"Dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}");
    for (String value : List.of("null", "32", "[\"F32\"]", "{}", "true")) {
      json(
          "dtype " + value,
          "{\"a\":{\"dtype\":" + value + ",\"shape\":[2],\"data_offsets\":[0,8]}}");
    }
    for (String value :
        List.of("null", "2", "\"2\"", "{}", "{\"0\":2}", "[[2]]", "[null]", "[\"2\"]", "[true]")) {
      json(
          "shape " + value,
          "{\"a\":{\"dtype\":\"F32\",\"shape\":" + value + ",\"data_offsets\":[0,8]}}");
    }
    for (String value :
        List.of(
            "null",
            "8",
            "\"0,8\"",
            "{}",
            "[]",
            "[8]",
            "[0,8,8]",
            "[[0,8]]",
            "[0,null]",
            "[0,\"8\"]")) {
      json(
          "data_offsets " + value,
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + value + "}}");
    }
  }

  private void integers() {
    for (String two :
        List.of(
            "2.0",
            "2e0",
            "2E0",
            "\"2\"",
            "-2",
            "+2",
            "02",
            "2.",
            "0x2",
            "20e-1",
            "9223372036854775808",
            "18446744073709551618",
            "1" + "0".repeat(5000),
            "-9223372036854775808")) {
      json(
          "dimension " + two,
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + two + "],\"data_offsets\":[0,8]}}");
      json(
          "end " + two,
          "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0," + two + "]}}");
    }
    for (String zero : List.of("-0", "0.0", "0e0", "-0.0", "00", "\"0\"")) {
      json(
          "begin " + zero,
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[" + zero + ",8]}}");
      json(
          "a dimension of " + zero,
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + zero + "],\"data_offsets\":[0,0]}}");
    }
    offsets("end 2^63-1", "{" + tensor("a", "F32", "[2]", 0, Long.MAX_VALUE) + "}", 8);
    offsets(
        "both 2^63-1", "{" + tensor("a", "F32", "[0]", Long.MAX_VALUE, Long.MAX_VALUE) + "}", 8);
  }

  private void dtypes() {
    for (DType dtype : DType.values()) {
      accept(
          "dtype " + dtype,
          "{" + tensor("a", dtype.name(), "[8]", 0, dtype.bits()) + "}",
          dtype.bits());
    }
    for (String name :
        List.of(
            "f32",
            "F32 ",
            " F32",
            "",
            "FLOAT",
            "float32",
            "F128",
            "I4",
            "U4",
            "F8",
            "F8_E4M3FN",
            "BFLOAT16",
            "bf16",
            "C128",
            "F6",
            "I1",
            "\\u0000F32",
            "null")) {
      dtype(name);
    }
    accept("F4, two elements", "{" + tensor("a", "F4", "[2]", 0, 1) + "}", 1);
    accept("F6, four elements", "{" + tensor("a", "F6_E2M3", "[4]", 0, 3) + "}", 3);
    accept("F4, none", "{" + tensor("a", "F4", "[0]", 0, 0) + "}", 0);
    offsets("F4, one element", "{" + tensor("a", "F4", "[1]", 0, 1) + "}", 1);
    offsets("F4, a scalar", "{" + tensor("a", "F4", "[]", 0, 1) + "}", 1);
    offsets("F4, odd", "{" + tensor("a", "F4", "[3,3]", 0, 5) + "}", 5);
    offsets("F6, two elements", "{" + tensor("a", "F6_E3M2", "[2]", 0, 2) + "}", 2);
  }

  private void shapes() {
    accept("a scalar", "{" + tensor("a", "F32", "[]", 0, 4) + "}", 4);
    accept("rank 1 of 1", "{" + tensor("a", "F32", "[1]", 0, 4) + "}", 4);
    accept("a zero dimension", "{" + tensor("a", "F32", "[5,0,3]", 0, 0) + "}", 0);
    accept(
        "zero before a huge one",
        "{" + tensor("a", "F32", "[0,9223372036854775807]", 0, 0) + "}",
        0);
    accept("rank 1000", "{" + tensor("a", "U8", "[" + "1,".repeat(999) + "1]", 0, 1) + "}", 1);
    offsets("an empty scalar", "{" + tensor("a", "F32", "[]", 0, 0) + "}", 0);
    offsets("too many bytes", "{" + tensor("a", "F32", "[2]", 0, 9) + "}", 9);
    offsets("too few bytes", "{" + tensor("a", "F32", "[2]", 0, 7) + "}", 7);
    offsets("bytes for a zero dimension", "{" + tensor("a", "F32", "[0]", 0, 4) + "}", 4);
    offsets("wraps to 0 in 32 bits", "{" + tensor("a", "U8", "[65536,65536]", 0, 0) + "}", 0);
    offsets("wraps to 8 in 32 bits", "{" + tensor("a", "F32", "[2147483649,2]", 0, 8) + "}", 8);
    offsets(
        "wraps to 0 in 64 bits", "{" + tensor("a", "U8", "[4294967296,4294967296]", 0, 0) + "}", 0);
    offsets(
        "wraps to 2 in 64 bits",
        "{" + tensor("a", "F32", "[9223372036854775807,2,9223372036854775807]", 0, 8) + "}",
        8);
    offsets("bits wrap to 0", "{" + tensor("a", "F32", "[576460752303423488]", 0, 0) + "}", 0);
    offsets("bits wrap to 64", "{" + tensor("a", "F32", "[576460752303423490]", 0, 8) + "}", 8);
    offsets("bits past 2^63", "{" + tensor("a", "U8", "[1152921504606846976]", 0, 0) + "}", 0);
    offsets(
        "bits just below 2^63", "{" + tensor("a", "U8", "[1152921504606846975]", 0, 8) + "}", 8);
    offsets(
        "overflow before a zero",
        "{" + tensor("a", "U8", "[9223372036854775807,3,0]", 0, 0) + "}",
        0);
  }

  private void tiling() {
    accept(
        "out of order",
        "{" + tensor("b", "U8", "[4]", 4, 8) + "," + tensor("a", "U8", "[4]", 0, 4) + "}",
        8);
    accept(
        "misaligned",
        "{" + tensor("b", "U8", "[1]", 0, 1) + "," + tensor("a", "F64", "[1]", 1, 9) + "}",
        9);
    accept(
        "empty at the start",
        "{" + tensor("e", "U8", "[0]", 0, 0) + "," + tensor("a", "U8", "[4]", 0, 4) + "}",
        4);
    accept(
        "empty at the end",
        "{" + tensor("a", "U8", "[4]", 0, 4) + "," + tensor("e", "U8", "[0]", 4, 4) + "}",
        4);
    accept(
        "several empty between",
        "{"
            + tensor("a", "U8", "[4]", 0, 4)
            + ","
            + tensor("e", "U8", "[0]", 4, 4)
            + ","
            + tensor("f", "F64", "[0]", 4, 4)
            + ","
            + tensor("b", "U8", "[4]", 4, 8)
            + "}",
        8);
    offsets(
        "empty inside another",
        "{" + tensor("a", "U8", "[4]", 0, 4) + "," + tensor("e", "U8", "[0]", 2, 2) + "}",
        4);
    offsets(
        "empty past the end",
        "{" + tensor("a", "U8", "[4]", 0, 4) + "," + tensor("e", "U8", "[0]", 5, 5) + "}",
        4);
    offsets("a hole at the start", "{" + tensor("a", "U8", "[4]", 4, 8) + "}", 8);
    offsets(
        "a hole between",
        "{" + tensor("a", "U8", "[2]", 0, 2) + "," + tensor("b", "U8", "[4]", 4, 8) + "}",
        8);
    offsets("a byte too many", "{" + tensor("a", "U8", "[4]", 0, 4) + "}", 5);
    offsets("a byte too few", "{" + tensor("a", "U8", "[4]", 0, 4) + "}", 3);
    offsets("no data at all", "{" + tensor("a", "U8", "[4]", 0, 4) + "}", 0);
    offsets("data and no tensors", "{}", 1);
    offsets(
        "an overlap of one",
        "{" + tensor("a", "U8", "[4]", 0, 4) + "," + tensor("b", "U8", "[4]", 3, 7) + "}",
        7);
    offsets(
        "the same bytes twice",
        "{" + tensor("a", "U8", "[4]", 0, 4) + "," + tensor("b", "U8", "[4]", 0, 4) + "}",
        4);
    offsets(
        "one inside the other",
        "{" + tensor("a", "U8", "[8]", 0, 8) + "," + tensor("b", "U8", "[2]", 2, 4) + "}",
        8);
    offsets("end before begin", "{" + tensor("a", "U8", "[4]", 4, 0) + "}", 4);
    offsets(
        "past the end",
        "{" + tensor("a", "U8", "[4]", 0, 4) + "," + tensor("b", "U8", "[4]", 4, 8) + "}",
        6);
  }

  private void names() {
    for (String name :
        List.of(
            "",
            " ",
            ".",
            "..",
            "../../etc/x",
            "/etc/passwd",
            "a/b",
            "a.b",
            "a_b",
            "C:\\\\x",
            "con",
            "'; DROP TABLE layers; --",
            "<script>alert(1)</script>",
            "%s%n%x",
            "{}",
            "$(rm)",
            "`x`",
            "\\u001b[31m",
            "\\r\\n",
            "\u202e",
            "\\u0000",
            "dtype",
            "__metadata",
            "__metadata___",
            "null",
            "n".repeat(1_000_000))) {
      accept(
          "name " + name.substring(0, Math.min(30, name.length())),
          "{" + tensor(name, "U8", "[4]", 0, 4) + "}",
          4);
    }
  }
}
