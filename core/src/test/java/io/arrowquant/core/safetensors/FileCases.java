package io.arrowquant.core.safetensors;

import static io.arrowquant.core.safetensors.TestFiles.file;
import static io.arrowquant.core.safetensors.TestFiles.tensor;

import io.arrowquant.core.InvalidOffsetsException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Lengths and encodings. */
final class FileCases extends HeaderCases {

  FileCases() {
    lengths();
    encoding();
  }

  private void lengths() {
    byte[] good = file("{" + GOOD + "}", 8);
    for (int size = 0; size < 8; size++) {
      json("a file of " + size + " bytes", Arrays.copyOf(good, size));
    }
    byte[] empty = "{}".getBytes(StandardCharsets.UTF_8);
    accept("no tensors", file(2, empty, 0));
    json("length 0", file(0, empty, 0));
    json("length 0 and nothing else", file(0, new byte[0], 0));
    json("length one short", file(1, empty, 0));
    json("length one past the file", file(3, empty, 0));
    json("length far past the file", file(1000, empty, 0));
    long[] absurd = {
      100_000_000,
      100_000_001,
      0x7fff_ffffL,
      0x8000_0000L,
      0xffff_ffffL,
      0x1_0000_0000L,
      0x1_0000_0002L,
      Long.MAX_VALUE,
      Long.MAX_VALUE - 8,
      Long.MIN_VALUE,
      Long.MIN_VALUE + 2,
      -1,
      -8,
      -2
    };
    for (long length : absurd) {
      json("length " + Long.toUnsignedString(length), file(length, empty, 0));
    }
    for (int cut : new int[] {1, 4, 8}) {
      byte[] file = good.clone();
      byte[] shorter = Arrays.copyOf(file, file.length - cut);
      refuse("data cut by " + cut, shorter, InvalidOffsetsException.class);
    }
    json("header cut", Arrays.copyOf(good, good.length - 9));
    json("a ZIP", ("PK\3\4" + "x".repeat(100)).getBytes(StandardCharsets.ISO_8859_1));
    json("a GGUF", ("GGUF" + "\0".repeat(100)).getBytes(StandardCharsets.ISO_8859_1));
    json(
        "an LFS pointer",
        "version https://git-lfs.github.com/spec/v1\n".getBytes(StandardCharsets.UTF_8));
    json("a web page", "<!DOCTYPE html><html></html>".getBytes(StandardCharsets.UTF_8));
    json("a pickle", "\u0080\2}q\0xxxxxxxxxx".getBytes(StandardCharsets.ISO_8859_1));
  }

  private void encoding() {
    accept("two-byte name", "{" + tensor("\u00e9", "U8", "[0]", 0, 0) + "}", 0);
    accept("three-byte name", "{" + tensor("\u4e2d", "U8", "[0]", 0, 0) + "}", 0);
    accept("four-byte name", "{" + tensor("\ud83d\ude00", "U8", "[0]", 0, 0) + "}", 0);
    accept("U+10FFFF", "{" + tensor("\udbff\udfff", "U8", "[0]", 0, 0) + "}", 0);
    accept("U+FFFF", "{" + tensor("\uffff", "U8", "[0]", 0, 0) + "}", 0);
    accept("U+FEFF inside a name", "{" + tensor("a\ufeff", "U8", "[0]", 0, 0) + "}", 0);
    accept("escaped surrogate pair", "{" + tensor("\\ud83d\\ude00", "U8", "[0]", 0, 0) + "}", 0);
    accept("escaped NUL", "{" + tensor("\\u0000", "U8", "[0]", 0, 0) + "}", 0);
    accept("DEL", "{" + tensor("\u007f", "U8", "[0]", 0, 0) + "}", 0);
    json("byte order mark", "\ufeff{" + GOOD + "}");
    String[] malformed = {
      "80",
      "bf",
      "c0 80",
      "c0 af",
      "c1 bf",
      "e0 80 80",
      "e0 9f bf",
      "f0 80 80 80",
      "f0 8f bf bf",
      "ed a0 80",
      "ed bf bf",
      "ed a0 bd ed b8 80",
      "f4 90 80 80",
      "f5 80 80 80",
      "f8 88 80 80 80",
      "fc 84 80 80 80 80",
      "fe",
      "ff",
      "c3",
      "e4 b8",
      "f0 9f 98",
      "c3 28",
      "e2 28 a1",
      "e2 82 28"
    };
    for (String hex : malformed) {
      json(
          "malformed UTF-8 in a name: " + hex,
          file(
              around(hex, "{\"", "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"),
              0));
      json(
          "malformed UTF-8 in an ignored value: " + hex,
          file(
              around(
                  hex,
                  "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":\"",
                  "\"}}"),
              0));
    }
    json("malformed UTF-8 after the object", file(around("ff", "{}", ""), 0));
    json("UTF-16 LE", file("{}".getBytes(StandardCharsets.UTF_16LE), 0));
    json("UTF-16 BE", file("{}".getBytes(StandardCharsets.UTF_16BE), 0));
    json("UTF-16 with a mark", file("{}".getBytes(StandardCharsets.UTF_16), 0));
    json("UTF-32 BE", file(new byte[] {0, 0, 0, '{', 0, 0, 0, '}'}, 0));
    for (String lone :
        List.of(
            "\\ud800",
            "\\udbff",
            "\\udc00",
            "\\udfff",
            "\\ud800\\ud800",
            "\\udc00\\ud800",
            "a\\ud800b")) {
      json("lone surrogate in a name: " + lone, "{" + tensor(lone, "U8", "[8]", 0, 8) + "}");
      json(
          "lone surrogate in metadata: " + lone,
          "{\"__metadata__\":{\"k\":\"" + lone + "\"}," + GOOD + "}");
      json(
          "lone surrogate in a metadata key: " + lone,
          "{\"__metadata__\":{\"" + lone + "\":\"\"}," + GOOD + "}");
      json("lone surrogate in an ignored value: " + lone, with("\"x\":[\"" + lone + "\"]"));
      json("lone surrogate in an ignored key: " + lone, with("\"x\":{\"" + lone + "\":1}"));
    }
  }

  private static byte[] around(String hex, String before, String after) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(before.getBytes(StandardCharsets.UTF_8));
    for (String octet : hex.split(" ", -1)) {
      out.write(Integer.parseInt(octet, 16));
    }
    out.writeBytes(after.getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }
}
