package io.arrowquant.cli.command;

import io.arrowquant.cli.text.Printable;
import io.arrowquant.core.modality.ModalityFinding;

/** A modality and why, in one line. */
final class Modalities {

  private Modalities() {}

  static String line(ModalityFinding finding) {
    String evidence = finding.evidence().isEmpty() ? "" : ": " + finding.evidence();
    return finding.modality().word() + Printable.line(" (" + finding.rule() + evidence + ")");
  }
}
