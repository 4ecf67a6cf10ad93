package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tensors of a quantized model by what they were and what they are.
 *
 * @param types by dtype of the source and type stored
 */
record StoredTypes(Map<Key, Total> types) {

  /** A dtype of the source, and {@code int2} to {@code int8} or {@code none}. */
  record Key(String dtype, String quantType) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byDtype = dtype.compareTo(other.dtype);
      return byDtype != 0 ? byDtype : quantType.compareTo(other.quantType);
    }
  }

  /** Sums over tensors. */
  record Total(int tensors, long parameters, long sourceBytes, long storedBytes) {
    Total plus(Total other) {
      return new Total(
          tensors + other.tensors,
          parameters + other.parameters,
          sourceBytes + other.sourceBytes,
          storedBytes + other.storedBytes);
    }
  }

  static StoredTypes of(List<LayerRecord> layers) {
    Map<Key, Total> types = new TreeMap<>();
    for (LayerRecord layer : layers) {
      types.merge(
          new Key(layer.dtype().name(), layer.quantType()),
          new Total(1, layer.parameters(), layer.sourceBytes(), layer.storedBytes()),
          Total::plus);
    }
    return new StoredTypes(types);
  }

  void print(PrintWriter out) {
    Table table = new Table("dtype", "type", "tensors", "parameters", "from", "size", "bits");
    types.forEach(
        (key, total) ->
            table.row(
                key.dtype(),
                key.quantType().equals("none") ? "kept" : key.quantType(),
                Integer.toString(total.tensors()),
                Quantity.count(total.parameters()),
                Quantity.bytes(total.sourceBytes()),
                Quantity.bytes(total.storedBytes()),
                total.parameters() == 0
                    ? ""
                    : String.format(
                        Locale.ROOT, "%.2f", 8.0 * total.storedBytes() / total.parameters())));
    table.print(out, "  ");
  }

  /** Counts of tensors by dtype and by type, bytes of the source and stored bytes likewise. */
  void describe(ObjectNode json) {
    ObjectNode dtypes = json.putObject("dtypes");
    ObjectNode sourceBytes = json.putObject("source_bytes_by_dtype");
    ObjectNode quantTypes = json.putObject("quant_types");
    ObjectNode bytes = json.putObject("bytes_by_quant_type");
    types.forEach(
        (key, total) -> {
          add(dtypes, key.dtype(), total.tensors());
          add(sourceBytes, key.dtype(), total.sourceBytes());
          add(quantTypes, key.quantType(), total.tensors());
          add(bytes, key.quantType(), total.storedBytes());
        });
  }

  private static void add(ObjectNode node, String field, long value) {
    node.put(field, node.path(field).longValue() + value);
  }
}
