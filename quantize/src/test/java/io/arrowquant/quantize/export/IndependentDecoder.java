package io.arrowquant.quantize.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads exports by nothing but the definitions of their formats, one weight at a time. Shares no
 * code with what writes them.
 */
final class IndependentDecoder {

  /** A tensor as it lies in a file: a dtype's or type's name, dimensions outermost first. */
  record Raw(String type, List<Long> shape, byte[] bytes) {

    ByteBuffer buffer() {
      return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    long last() {
      return shape.get(shape.size() - 1);
    }

    long count() {
      return shape.stream().reduce(1L, (a, b) -> a * b);
    }
  }

  private IndependentDecoder() {}

  /** All tensors of all SafeTensors files of a folder. */
  static Map<String, Raw> safeTensors(Path folder) throws IOException {
    Map<String, Raw> tensors = new HashMap<>();
    try (var files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        byte[] all = Files.readAllBytes(file);
        int header = (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        JsonNode json = new ObjectMapper().readTree(new String(all, 8, header, "UTF-8"));
        json.properties()
            .forEach(
                field -> {
                  if (!field.getKey().equals("__metadata__")) {
                    JsonNode tensor = field.getValue();
                    List<Long> shape = new ArrayList<>();
                    tensor.get("shape").forEach(d -> shape.add(d.asLong()));
                    int from = 8 + header + tensor.get("data_offsets").get(0).asInt();
                    int to = 8 + header + tensor.get("data_offsets").get(1).asInt();
                    tensors.put(
                        field.getKey(),
                        new Raw(
                            tensor.get("dtype").asText(),
                            shape,
                            java.util.Arrays.copyOfRange(all, from, to)));
                  }
                });
      }
    }
    return tensors;
  }

  /** Number {@code i} of a tensor of floats. */
  static float number(Raw raw, long i) {
    return switch (raw.type()) {
      case "F32" -> raw.buffer().getFloat((int) (4 * i));
      case "BF16" -> Float.intBitsToFloat(raw.buffer().getShort((int) (2 * i)) << 16);
      case "F16" -> half(raw.buffer().getShort((int) (2 * i)));
      default -> throw new IllegalArgumentException(raw.type());
    };
  }

  /** IEEE 754 binary16, spelled out. */
  static float half(short bits) {
    int sign = bits < 0 ? -1 : 1;
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    if (exponent == 0) {
      return (float) (sign * fraction * Math.pow(2, -24));
    }
    return (float) (sign * (1024 + fraction) * Math.pow(2, exponent - 25));
  }

  /** Field {@code i} of {@code bits} bits of a little-endian number that fills the bytes. */
  static int field(byte[] bytes, int from, int length, int bits, int i) {
    byte[] big = new byte[length + 1];
    for (int b = 0; b < length; b++) {
      big[length - b] = bytes[from + b];
    }
    return new BigInteger(big)
        .shiftRight(bits * i)
        .and(BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE))
        .intValue();
  }

  /** MLX's affine groups: {@code scale * q + bias}, products and sums in float32. */
  static float[] mlx(Map<String, Raw> tensors, String name, int bits, int groupSize) {
    Raw weight = tensors.get(name);
    String module = name.substring(0, name.lastIndexOf('.'));
    Raw scales = tensors.get(module + ".scales");
    Raw biases = tensors.get(module + ".biases");
    int columns = (int) (weight.last() * 32 / bits);
    int rows = (int) (weight.count() / weight.last());
    float[] values = new float[rows * columns];
    for (int row = 0; row < rows; row++) {
      int rowBytes = (int) weight.last() * 4;
      for (int c = 0; c < columns; c++) {
        // Eight codes are so many whole bytes as a code has bits.
        int q = field(weight.bytes(), row * rowBytes + c / 8 * bits, bits, bits, c % 8);
        long group = (long) row * (columns / groupSize) + c / groupSize;
        values[row * columns + c] = number(scales, group) * q + number(biases, group);
      }
    }
    return values;
  }

  /** compressed-tensors, pack-quantized: {@code (q - zero point) * scale}. */
  static float[] packQuantized(Map<String, Raw> tensors, String name, int bits, int groupSize) {
    Raw packed = tensors.get(name + "_packed");
    Raw scale = tensors.get(name + "_scale");
    Raw zero = tensors.get(name + "_zero_point");
    ByteBuffer shape = tensors.get(name + "_shape").buffer();
    int rows = (int) shape.getLong(0);
    int columns = (int) shape.getLong(8);
    int perInt = 32 / bits;
    int offset = 1 << (bits - 1);
    int groups = columns / groupSize;
    float[] values = new float[rows * columns];
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < columns; c++) {
        int word = packed.buffer().getInt((int) (row * packed.last() + c / perInt) * 4);
        int q = (word >>> c % perInt * bits & (1 << bits) - 1) - offset;
        int z = 0;
        if (zero != null) {
          int zeros = zero.buffer().getInt((row / perInt * groups + c / groupSize) * 4);
          z = (zeros >>> row % perInt * bits & (1 << bits) - 1) - offset;
        }
        float s = number(scale, (long) row * groups + c / groupSize);
        values[row * columns + c] = (q - z) * s;
      }
    }
    return values;
  }

  /** A GGUF file: key-value pairs and tensors. */
  record Gguf(Map<String, Object> pairs, Map<String, Raw> tensors) {}

  static Gguf gguf(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    ByteBuffer in = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    if (in.getInt() != 0x46554747 || in.getInt() != 3) {
      throw new IOException("no GGUF of version 3");
    }
    long tensorCount = in.getLong();
    long pairCount = in.getLong();
    Map<String, Object> pairs = new LinkedHashMap<>();
    for (long i = 0; i < pairCount; i++) {
      String key = string(in);
      pairs.put(key, value(in, in.getInt()));
    }
    record Info(String name, List<Long> shape, int type, long offset) {}
    List<Info> infos = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      String name = string(in);
      int dimensions = in.getInt();
      List<Long> shape = new ArrayList<>();
      for (int d = 0; d < dimensions; d++) {
        shape.add(0, in.getLong());
      }
      infos.add(new Info(name, shape, in.getInt(), in.getLong()));
    }
    int alignment = (int) pairs.getOrDefault("general.alignment", 32);
    int data = (in.position() + alignment - 1) / alignment * alignment;
    Map<String, Raw> tensors = new LinkedHashMap<>();
    for (Info info : infos) {
      if (info.offset() % alignment != 0) {
        throw new IOException(info.name() + " is not aligned");
      }
      long count = info.shape().stream().reduce(1L, (a, b) -> a * b);
      String type =
          switch (info.type()) {
            case 0 -> "F32";
            case 1 -> "F16";
            case 2 -> "Q4_0";
            case 3 -> "Q4_1";
            case 8 -> "Q8_0";
            case 24 -> "I8";
            case 25 -> "I16";
            case 26 -> "I32";
            case 27 -> "I64";
            case 28 -> "F64";
            case 30 -> "BF16";
            default -> throw new IOException("type " + info.type());
          };
      long bytes =
          switch (type) {
            case "I8" -> count;
            case "F32", "I32" -> count * 4;
            case "F16", "BF16", "I16" -> count * 2;
            case "Q4_0" -> count / 32 * 18;
            case "Q4_1" -> count / 32 * 20;
            case "Q8_0" -> count / 32 * 34;
            default -> count * 8;
          };
      int from = (int) (data + info.offset());
      tensors.put(
          info.name(),
          new Raw(type, info.shape(), java.util.Arrays.copyOfRange(all, from, from + (int) bytes)));
    }
    return new Gguf(pairs, tensors);
  }

  private static Object value(ByteBuffer in, int type) throws IOException {
    return switch (type) {
      case 4, 5 -> in.getInt();
      case 8 -> string(in);
      case 9 -> {
        int element = in.getInt();
        List<Object> values = new ArrayList<>();
        for (long n = in.getLong(); n > 0; n--) {
          values.add(value(in, element));
        }
        yield values;
      }
      default -> throw new IOException("value type " + type);
    };
  }

  private static String string(ByteBuffer in) {
    byte[] utf8 = new byte[(int) in.getLong()];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /** Blocks of 32 weights, as GGML defines them. */
  static float[] blocks(Raw raw) {
    int count = (int) raw.count();
    float[] values = new float[count];
    int size = raw.bytes().length / (count / 32);
    for (int i = 0; i < count; i++) {
      int at = i / 32 * size;
      int j = i % 32;
      float d = half(raw.buffer().getShort(at));
      if (raw.type().equals("Q8_0")) {
        values[i] = d * raw.bytes()[at + 2 + j];
        continue;
      }
      int data = raw.type().equals("Q4_1") ? at + 4 : at + 2;
      int both = raw.bytes()[data + j % 16] & 255;
      int q = j < 16 ? both & 15 : both >> 4;
      values[i] =
          raw.type().equals("Q4_1") ? d * q + half(raw.buffer().getShort(at + 2)) : d * (q - 8);
    }
    return values;
  }
}
