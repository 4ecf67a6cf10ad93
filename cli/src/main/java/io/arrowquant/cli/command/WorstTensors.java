package io.arrowquant.cli.command;

import io.arrowquant.arrow.parquet.LayerRecord;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.quantize.plan.Treatment;
import io.arrowquant.quantize.target.TargetRules;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;

/**
 * The tensors that lost most, as rules that would spare them in the next run.
 *
 * @param rules {@code ^name$=type}, worst first
 */
record WorstTensors(List<String> rules) {

  private static final int SHOWN = 3;

  static WorstTensors of(List<LayerRecord> layers, DiffusionQuantConfig config) {
    List<Integer> widths = config.target().map(TargetRules::widths).orElse(CodeLimits.BIT_WIDTHS);
    return new WorstTensors(
        worst(layers, SHOWN).stream()
            .map(layer -> rule(layer, isUsual(layer.quantization(), config), widths))
            .toList());
  }

  /** Quantized tensors with the least SQNR, worst first. */
  static List<LayerRecord> worst(List<LayerRecord> layers, int count) {
    return layers.stream()
        .filter(layer -> layer.quality() != null)
        .filter(layer -> Double.isFinite(layer.quality().sqnrDb()))
        .sorted(Comparator.comparingDouble(layer -> layer.quality().sqnrDb()))
        .limit(count)
        .toList();
  }

  /** The same as rules that say all, whatever the settings of the next run. */
  static WorstTensors explicit(List<LayerRecord> layers, int count) {
    return new WorstTensors(
        worst(layers, count).stream()
            .map(layer -> rule(layer, false, CodeLimits.BIT_WIDTHS))
            .toList());
  }

  void print(PrintWriter out) {
    if (rules.isEmpty()) {
      return;
    }
    out.println();
    out.println("Tensors that lost most; these options would give them more bits:");
    options().forEach(option -> out.println("  " + option));
  }

  /** As options for a shell. */
  List<String> options() {
    return rules.stream()
        .map(rule -> "--tensor-type '" + rule.replace("'", "'\\''") + "'")
        .toList();
  }

  private static String rule(LayerRecord layer, boolean isUsual, List<Integer> widths) {
    return "^" + escape(layer.name()) + "$=" + spared(layer.quantization(), isUsual, widths);
  }

  /** The next of the widths. */
  private static String spared(
      LayerRecord.Quantization quantization, boolean isUsual, List<Integer> widths) {
    int next = widths.indexOf(quantization.bitWidth()) + 1;
    if (next == widths.size()) {
      return "keep";
    }
    return "int"
        + widths.get(next)
        + (isUsual ? "" : ":g" + quantization.groupSize() + ":" + quantization.method());
  }

  /** As the fallback goes: the usual stays the usual, what was asked for a tensor stays with it. */
  private static boolean isUsual(
      LayerRecord.Quantization quantization, DiffusionQuantConfig config) {
    Treatment.Quantize usual = Treatment.Quantize.of(config, quantization.bitWidth());
    return usual.groupSize() == quantization.groupSize()
        && usual.method().word().equals(quantization.method());
  }

  /** An expression for a name and nothing else, fit for a terminal: names may hold anything. */
  static String escape(String name) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean plain = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
      if (plain || c == '_' || c == '/') {
        regex.append(c);
      } else if (c >= ' ' && c <= '~') {
        regex.append('\\').append(c);
      } else {
        regex.append("\\u%04x".formatted((int) c));
      }
    }
    return regex.toString();
  }
}
