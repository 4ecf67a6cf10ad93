package io.arrowquant.arrow.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.core.QuotedName;
import io.arrowquant.core.safetensors.HeaderParser;
import io.arrowquant.core.safetensors.TensorInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where each tensor of a file goes, and the bytes before the first of them.
 *
 * @param tensors in file order, without holes
 * @param prefix header length and padded header; its size is a multiple of 8
 */
record SafeTensorsLayout(List<TensorInfo> tensors, byte[] prefix) {

  private static final String METADATA = HeaderParser.METADATA;

  /** A name with its bytes, so that sorting encodes each once. */
  private record Keyed(Entry entry, byte[] name) {}

  /**
   * The reference's order: widest elements first, so that each tensor is aligned to its own element
   * size, then by the bytes of the name. {@code DType} lists its constants in that order.
   */
  private static final Comparator<Keyed> ORDER =
      Comparator.<Keyed>comparingInt(k -> -k.entry().dtype().ordinal())
          .thenComparing(Keyed::name, Arrays::compareUnsigned);

  static SafeTensorsLayout of(Map<String, String> metadata, List<Entry> entries) {
    List<TensorInfo> tensors = place(entries);
    return new SafeTensorsLayout(tensors, prefix(metadata, tensors));
  }

  long dataSize() {
    return tensors.isEmpty() ? 0 : tensors.get(tensors.size() - 1).end();
  }

  private static List<TensorInfo> place(List<Entry> entries) {
    Set<String> names = new HashSet<>();
    List<Keyed> keyed = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      if (entry.name().equals(METADATA) || !names.add(entry.name())) {
        throw new IllegalArgumentException(
            "tensor name is "
                + (entry.name().equals(METADATA) ? "reserved: " : "given twice: ")
                + QuotedName.of(entry.name()));
      }
      keyed.add(new Keyed(entry, entry.name().getBytes(StandardCharsets.UTF_8)));
    }
    keyed.sort(ORDER);
    List<TensorInfo> tensors = new ArrayList<>(keyed.size());
    long end = 0;
    for (Keyed each : keyed) {
      Entry entry = each.entry();
      long begin = end;
      end = Math.addExact(begin, entry.byteSize());
      tensors.add(new TensorInfo(entry.name(), entry.dtype(), entry.shape(), begin, end));
    }
    return List.copyOf(tensors);
  }

  private static byte[] prefix(Map<String, String> metadata, List<TensorInfo> tensors) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64 + 128 * tensors.size());
    out.writeBytes(new byte[Long.BYTES]);
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(METADATA);
        for (Map.Entry<String, String> each : new TreeMap<>(metadata).entrySet()) {
          json.writeStringField(each.getKey(), each.getValue());
        }
        json.writeEndObject();
      }
      for (TensorInfo tensor : tensors) {
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.dtype().name());
        json.writeArrayFieldStart("shape");
        for (long dimension : tensor.shape()) {
          json.writeNumber(dimension);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("data_offsets");
        json.writeNumber(tensor.begin());
        json.writeNumber(tensor.end());
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndObject();
    } catch (IOException e) {
      // Memory does not fail; a name that is no valid Unicode does.
      throw new IllegalArgumentException("no header: " + e.getMessage(), e);
    }
    while (out.size() % Long.BYTES != 0) {
      out.write(' ');
    }
    byte[] bytes = out.toByteArray();
    int header = bytes.length - Long.BYTES;
    if (header > HeaderParser.LONGEST_HEADER) {
      throw new IllegalArgumentException(
          "header takes " + header + " bytes, the format allows " + HeaderParser.LONGEST_HEADER);
    }
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header);
    return bytes;
  }
}
