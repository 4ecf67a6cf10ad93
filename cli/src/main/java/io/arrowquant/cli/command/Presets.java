package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.NameGlob;
import io.arrowquant.quantize.pipeline.QualitySample;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.Treatment;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** What a checkpoint would become at each width, from headers; how good, from a sample of rows. */
record Presets(List<Preset> presets) {

  private static final List<Integer> WIDTHS = List.of(2, 3, 4, 5, 6, 8);

  /** One width with groups of the default size. */
  record Preset(String type, long bytes, double bitsPerWeight, OptionalDouble sqnrDb) {}

  /**
   * @param globs of the tensors that count; none means all
   * @param rows to measure of each tensor; 0 means none
   */
  static Presets of(Checkpoint checkpoint, List<NameGlob> globs, int rows) {
    List<Preset> presets = new ArrayList<>();
    for (int bits : WIDTHS) {
      ConfigBuilder builder = DiffusionQuantConfig.builder().bitWidth(bits);
      if (!globs.isEmpty()) {
        builder.include(globs.stream().map(NameGlob::pattern).toArray(String[]::new));
      }
      DiffusionQuantConfig config = builder.build();
      QuantizationPlan plan = QuantizationPlan.of(checkpoint, config);
      presets.add(
          new Preset(
              TypeWord.of(Treatment.Quantize.of(config, bits)),
              plan.estimatedBytes(),
              plan.parameters() == 0 ? 0 : 8.0 * plan.estimatedBytes() / plan.parameters(),
              rows == 0
                  ? OptionalDouble.empty()
                  : OptionalDouble.of(new QualitySample(rows, IoMode.AUTO).sqnrDb(plan))));
    }
    return new Presets(List.copyOf(presets));
  }

  void print(PrintWriter out) {
    boolean sampled = presets.get(0).sqnrDb().isPresent();
    Table table =
        sampled
            ? new Table("preset", "size", "bits per weight", "expected SQNR")
            : new Table("preset", "size", "bits per weight");
    for (Preset preset : presets) {
      List<String> cells =
          new ArrayList<>(
              List.of(
                  preset.type(),
                  Quantity.bytes(preset.bytes()),
                  String.format(Locale.ROOT, "%.2f", preset.bitsPerWeight())));
      preset.sqnrDb().ifPresent(db -> cells.add(Quantity.decibels(db)));
      table.row(cells.toArray(String[]::new));
    }
    table.print(out, "  ");
  }

  void describe(ArrayNode list) {
    for (Preset preset : presets) {
      ObjectNode node = list.addObject();
      node.put("preset", preset.type());
      node.put("estimated_bytes", preset.bytes());
      node.put("bits_per_weight", preset.bitsPerWeight());
      preset.sqnrDb().ifPresent(db -> node.set("expected_sqnr_db", Json.number(db)));
    }
  }
}
