package io.arrowquant.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.arrowquant.cli.text.Json;
import io.arrowquant.cli.text.Printable;
import io.arrowquant.cli.text.Quantity;
import io.arrowquant.cli.text.Table;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a batch says at its end. */
final class BatchReport {

  /** How a job ended. */
  enum State {
    DONE,
    FAILED,
    INTERRUPTED,
    /** It never began: the batch was interrupted before. */
    NOT_RUN;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A job and what came of it.
   *
   * @param code null where it was not run
   * @param message why it is not done; else null
   * @param bytes of its model; 0 where there is none
   * @param result the run's own JSON; null where it has none, or nobody asked
   */
  record Entry(
      BatchJob job,
      State state,
      ExitCode code,
      String message,
      double seconds,
      long bytes,
      ObjectNode result) {

    static Entry ended(BatchJob job, Outcome outcome, double seconds, boolean json) {
      return new Entry(
          job,
          state(outcome.code()),
          outcome.code(),
          outcome.fault(),
          seconds,
          outcome.bytes(),
          json ? outcome.json().get() : null);
    }

    static Entry failed(BatchJob job, Throwable failure, double seconds) {
      ExitCode code = ExitCode.of(failure);
      return new Entry(job, state(code), code, ExitCode.message(failure), seconds, 0, null);
    }

    static Entry notRun(BatchJob job) {
      return new Entry(job, State.NOT_RUN, null, "The batch was interrupted before.", 0, 0, null);
    }

    private static State state(ExitCode code) {
      return switch (code) {
        case DONE -> State.DONE;
        case INTERRUPTED -> State.INTERRUPTED;
        default -> State.FAILED;
      };
    }
  }

  private final List<Entry> entries = new ArrayList<>();

  void add(Entry entry) {
    entries.add(entry);
  }

  /** Done where every job is; an interruption beats a failure. */
  ExitCode code() {
    if (count(State.INTERRUPTED) + count(State.NOT_RUN) > 0) {
      return ExitCode.INTERRUPTED;
    }
    return count(State.FAILED) > 0 ? ExitCode.FAILED : ExitCode.DONE;
  }

  void print(PrintWriter out) {
    Table table = new Table("job", "state", "exit code", "size", "seconds", "output");
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      table.row(
          Integer.toString(i + 1),
          entry.state().word().replace('_', ' '),
          entry.code() == null ? "" : Integer.toString(entry.code().number()),
          entry.bytes() == 0 ? "" : Quantity.bytes(entry.bytes()),
          String.format(Locale.ROOT, "%.1f", entry.seconds()),
          entry.job().output().toString());
    }
    table.print(out, "");
    out.println();
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).message() != null) {
        out.println("Job " + (i + 1) + ": " + Printable.line(entries.get(i).message()));
      }
    }
    out.println(count(State.DONE) + " of " + entries.size() + " jobs done.");
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    for (State state : State.values()) {
      json.put(state.word(), count(state));
    }
    ArrayNode jobs = json.putArray("jobs");
    for (Entry entry : entries) {
      ObjectNode node = jobs.addObject();
      node.put("input", entry.job().input());
      node.put("output", entry.job().output().toString());
      node.put("state", entry.state().word());
      node.put("exit_code", entry.code() == null ? null : Integer.valueOf(entry.code().number()));
      node.put("message", entry.message());
      node.set("seconds", Json.number(entry.seconds()));
      node.set("result", entry.result());
    }
    return json;
  }

  private long count(State state) {
    return entries.stream().filter(entry -> entry.state() == state).count();
  }
}
