package io.arrowquant.quantize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** A SafeTensors file read by nothing but its definition: shares no code with the product. */
record PlainSafeTensors(Map<String, Tensor> tensors, Map<String, String> metadata) {

  record Tensor(String dtype, String shape, byte[] bytes) {

    double[] values() {
      ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      int width = dtype.equals("F64") ? 8 : dtype.equals("F32") ? 4 : 2;
      double[] values = new double[bytes.length / width];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (dtype) {
              case "F64" -> in.getDouble();
              case "F32" -> in.getFloat();
              case "BF16" -> Float.intBitsToFloat(in.getShort() << 16);
              case "F16" -> half(in.getShort());
              default -> throw new IllegalArgumentException(dtype);
            };
      }
      return values;
    }

    private static double half(short bits) {
      int exponent = bits >> 10 & 31;
      double fraction = (bits & 1023) / 1024.0;
      double size = exponent == 0 ? fraction * 0x1p-14 : Math.scalb(1 + fraction, exponent - 15);
      return bits < 0 ? -size : size;
    }
  }

  static PlainSafeTensors read(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    int length = (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
    JsonNode header = new ObjectMapper().readTree(Arrays.copyOfRange(all, 8, 8 + length));
    Map<String, Tensor> tensors = new TreeMap<>();
    Map<String, String> metadata = new TreeMap<>();
    header
        .path("__metadata__")
        .properties()
        .forEach(e -> metadata.put(e.getKey(), e.getValue().asText()));
    header
        .properties()
        .forEach(
            entry -> {
              if (!entry.getKey().equals("__metadata__")) {
                JsonNode t = entry.getValue();
                int begin = 8 + length + t.get("data_offsets").get(0).asInt();
                int end = 8 + length + t.get("data_offsets").get(1).asInt();
                byte[] bytes = Arrays.copyOfRange(all, begin, end);
                tensors.put(
                    entry.getKey(),
                    new Tensor(t.get("dtype").asText(), t.get("shape").toString(), bytes));
              }
            });
    return new PlainSafeTensors(tensors, metadata);
  }

  static double cosine(double[] a, double[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return aa == bb && aa == ab ? 1 : ab / Math.sqrt(aa * bb);
  }
}
