package io.arrowquant.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.arrowquant.cli.crash.Fork;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A command that ran in this process, and what came of it. */
public record Ran(int code, String out, String err) {

  public static Ran command(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), words);
    return new Ran(code, out.toString(), err.toString());
  }

  /** The same in a process of its own, with variables added to its environment. */
  public static Ran withEnvironment(Map<String, String> environment, Object... args) {
    try {
      Path out = Files.createTempFile("ran", ".out");
      Path err = Files.createTempFile("ran", ".err");
      ProcessBuilder builder =
          new ProcessBuilder(Fork.command(args))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      Ran ran = new Ran(builder.start().waitFor(), Files.readString(out), Files.readString(err));
      Files.delete(out);
      Files.delete(err);
      return ran;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Stdout as JSON; fails where anything else stands there. */
  public JsonNode json() {
    try {
      return new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .readTree(out);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("stdout: " + out + " stderr: " + err, e);
    }
  }
}
