package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.arrow.source.IoMode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.NameGlob;
import io.arrowquant.core.config.Target;
import io.arrowquant.quantize.pipeline.QualitySample;
import io.arrowquant.quantize.plan.QuantizationPlan;
import io.arrowquant.quantize.plan.SizeEstimate;
import io.arrowquant.quantize.plan.Treatment;
import io.arrowquant.quantize.target.TargetRules;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** What a checkpoint would become at each width, from headers; how good, from a sample of rows. */
record Presets(List<Preset> presets) {

  /** What runtimes are asked for most, of the widths that they hold. */
  private static final List<Integer> TARGET_WIDTHS = List.of(4, 8);

  private static final String NOTHING = "nothing quantized";

  /**
   * One width with groups of the default size.
   *
   * @param keptReason where it would quantize nothing, why most of what there is would be kept
   */
  record Preset(
      String type,
      long bytes,
      double bitsPerWeight,
      OptionalDouble sqnrDb,
      Optional<String> keptReason) {}

  /**
   * @param globs of the tensors that count; none means all
   * @param rows to measure of each tensor; 0 means none. With some, what each runtime's numbers
   *     cost is measured too
   */
  static Presets of(Checkpoint checkpoint, List<NameGlob> globs, int rows) {
    List<Preset> presets = new ArrayList<>();
    for (int bits : CodeLimits.BIT_WIDTHS) {
      ConfigBuilder builder = DiffusionQuantConfig.builder().bitWidth(bits);
      String type = TypeWord.of(Treatment.Quantize.of(builder.build(), bits));
      presets.add(preset(type, checkpoint, builder, globs, rows));
    }
    if (rows > 0) {
      for (Target target : Target.values()) {
        for (int bits : TargetRules.widths(target)) {
          if (TARGET_WIDTHS.contains(bits)) {
            ConfigBuilder builder = DiffusionQuantConfig.builder().bitWidth(bits).target(target);
            String type = "int" + bits + " --for " + target.word();
            presets.add(preset(type, checkpoint, builder, globs, rows));
          }
        }
      }
    }
    return new Presets(List.copyOf(presets));
  }

  private static Preset preset(
      String type, Checkpoint checkpoint, ConfigBuilder builder, List<NameGlob> globs, int rows) {
    if (!globs.isEmpty()) {
      builder.include(globs.stream().map(NameGlob::pattern).toArray(String[]::new));
    }
    QuantizationPlan plan = QuantizationPlan.of(checkpoint, builder.build());
    long bytes = SizeEstimate.ofModel(plan);
    return new Preset(
        type,
        bytes,
        plan.parameters() == 0 ? 0 : 8.0 * bytes / plan.parameters(),
        rows == 0
            ? OptionalDouble.empty()
            : OptionalDouble.of(new QualitySample(rows, IoMode.AUTO).sqnrDb(plan)),
        KeptTensors.of(plan).reasonForAll());
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
      preset
          .sqnrDb()
          .ifPresent(
              db -> cells.add(preset.keptReason().isPresent() ? NOTHING : Quantity.decibels(db)));
      table.row(cells.toArray(String[]::new));
    }
    table.print(out, "  ");
    if (sampled) {
      presets.stream()
          .flatMap(preset -> preset.keptReason().stream())
          .distinct()
          .forEach(reason -> out.println("  " + NOTHING + ": " + Printable.line(reason)));
    }
  }

  void describe(ArrayNode list) {
    for (Preset preset : presets) {
      ObjectNode node = list.addObject();
      node.put("preset", preset.type());
      node.put("estimated_bytes", preset.bytes());
      node.put("bits_per_weight", preset.bitsPerWeight());
      preset.sqnrDb().ifPresent(db -> node.set("expected_sqnr_db", Json.number(db)));
      preset.keptReason().ifPresent(reason -> node.put("kept_reason", reason));
    }
  }
}
