package io.arrowquant.arrow.parquet.reader;

import io.arrowquant.arrow.parquet.encoding.Varint;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The condition {@code layer_id = n} as arrow-dataset takes conditions: a Substrait
 * ExtendedExpression in Protocol Buffers' wire format. It is pushed down, so row groups whose
 * statistics rule the layer out are not read.
 *
 * @see <a href="https://substrait.io/expressions/extended_expression/">Substrait, extended
 *     expression</a>
 */
final class LayerFilter {

  private static final String COMPARISONS =
      "https://github.com/substrait-io/substrait/blob/main/extensions/functions_comparison.yaml";
  private static final int ANCHOR = 1;
  private static final int REQUIRED = 2;

  private LayerFilter() {}

  /** In a direct buffer, as the native library wants it. */
  static ByteBuffer of(int layerId) {
    byte[] uri = message(1, number(1, ANCHOR), text(2, COMPARISONS));
    byte[] equal = message(2, message(3, number(1, ANCHOR), number(2, ANCHOR), text(3, "equal")));
    // layer_id is the first column of the weights, so it is named by its position, 0.
    byte[] column = message(2, message(1, message(2)), message(4));
    byte[] literal = message(1, number(5, layerId));
    byte[] call =
        message(
            3,
            number(1, ANCHOR),
            message(3, message(1, number(2, REQUIRED))),
            message(4, message(3, column)),
            message(4, message(3, literal)));
    byte[] expression = message(3, message(1, call), text(3, "is_layer"));
    byte[] schema =
        message(
            4,
            text(1, "layer_id"),
            message(2, message(1, message(5, number(2, REQUIRED))), number(3, REQUIRED)));
    byte[] all = concat(uri, equal, expression, schema);
    return ByteBuffer.allocateDirect(all.length).put(all).flip();
  }

  private static byte[] message(int field, byte[]... parts) {
    byte[] content = concat(parts);
    return concat(varint(field << 3 | 2), varint(content.length), content);
  }

  private static byte[] text(int field, String text) {
    return message(field, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] number(int field, int value) {
    return concat(varint(field << 3), varint(value));
  }

  private static byte[] varint(int value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(5);
    Varint.write(out, value);
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
