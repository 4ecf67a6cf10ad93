package io.arrowquant.benchmarks;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Table;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Figures of quality beside the limits of a normal source. */
final class QualityTable {

  /** Decibels for each bit, by Shannon. */
  private static final double DB_PER_BIT = 20 * StrictMath.log10(2);

  private QualityTable() {}

  static void print(List<QualityBench.Figure> figures, PrintWriter out) {
    Table table =
        new Table(
            "source",
            "type",
            "levels",
            "bits/weight",
            "SQNR dB",
            "ns/weight",
            "Lloyd-Max",
            "Shannon");
    for (QualityBench.Figure figure : figures) {
      int bits = figure.treatment().bitWidth();
      table.row(
          figure.source().toLowerCase(Locale.ROOT),
          "int%d:g%d:%s"
              .formatted(bits, figure.treatment().groupSize(), figure.treatment().method().word()),
          figure.scaleLevels() == 0 ? "" : figure.scaleLevels() + "x" + figure.zeroPointLevels(),
          decimal(figure.bitsPerWeight(), 3),
          decimal(figure.sqnrDb(), 2),
          figure.nanoseconds().isPresent() ? decimal(figure.nanoseconds().getAsDouble(), 1) : "",
          bits <= 4 ? decimal(lloydMax(bits), 2) : "",
          decimal(DB_PER_BIT * figure.bitsPerWeight(), 2));
    }
    table.print(out, "");
    out.println("ns/weight: processor time of one thread, from source bytes to packed codes.");
    out.println("Lloyd-Max: the best scalar quantizer of normal weights at this width, no groups.");
    out.println("Shannon: the most that any method reaches for normal weights at these bits.");
  }

  static ObjectNode json(List<QualityBench.Figure> figures) {
    ObjectNode root = Json.object();
    ArrayNode all = root.putArray("quality");
    for (QualityBench.Figure figure : figures) {
      ObjectNode node =
          all.addObject()
              .put("source", figure.source())
              .put("bits", figure.treatment().bitWidth())
              .put("group_size", figure.treatment().groupSize())
              .put("method", figure.treatment().method().word())
              .put("scale_levels", figure.scaleLevels())
              .put("zero_point_levels", figure.zeroPointLevels())
              .put("bits_per_weight", figure.bitsPerWeight())
              .put("sqnr_db", figure.sqnrDb());
      figure.nanoseconds().ifPresent(ns -> node.put("ns_per_weight", ns));
    }
    return root;
  }

  /** From J. Max, Quantizing for minimum distortion, 1960. */
  private static double lloydMax(int bits) {
    return switch (bits) {
      case 2 -> 9.30;
      case 3 -> 14.62;
      default -> 20.22;
    };
  }

  private static String decimal(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
