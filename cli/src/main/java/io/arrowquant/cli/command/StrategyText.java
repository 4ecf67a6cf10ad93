package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.quantize.diffusion.Strategy;
import java.nio.file.Path;
import java.util.Optional;

/** What is done beside plain groups, in words. */
final class StrategyText {

  private StrategyText() {}

  static String of(Strategy strategy, Optional<Path> calibration) {
    return strategy.title()
        + " ("
        + strategy.reason()
        + calibration.map(file -> ", calibrated by " + Printable.line(file.toString())).orElse("")
        + ")";
  }

  static void describe(Strategy strategy, Optional<Path> calibration, ObjectNode json) {
    json.put("time_aware", strategy.timeAware());
    json.put("spatial", strategy.spatial());
    json.put("reason", strategy.reason());
    json.put("calibration", calibration.map(Path::toString).orElse(null));
  }
}
