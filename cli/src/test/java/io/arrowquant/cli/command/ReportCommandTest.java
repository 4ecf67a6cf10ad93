package io.arrowquant.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.arrowquant.cli.Ran;
import io.arrowquant.cli.report.ReportPages;
import io.arrowquant.core.InvalidConfigException;
import io.arrowquant.core.config.CodeLimits;
import io.arrowquant.core.config.Method;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReportCommandTest {

  @TempDir Path folder;

  @Test
  void thePageHoldsAllAndLoadsNothing() throws IOException {
    Path source = ReportPages.checkpoint(folder);
    Path model = ReportPages.quantized(folder, source);
    Path page = folder.resolve("report.html");
    Ran ran = Ran.command("report", model, "-o", page, "--source", source, "-q");
    assertEquals(0, ran.code(), ran.err());
    String html = Files.readString(page);
    String markup = html.replaceFirst("(?s)id=\"data\">.*?</script>", "");
    assertFalse(markup.matches("(?s).*\\b(src|href)\\s*=.*"), "the page refers to something");
    assertFalse(html.contains("<img"), "a name became markup");
    assertFalse(html.contains("{{"), "a part of the template was left");

    JsonNode data = data(html);
    assertTrue(data.get("model").get("hasSource").booleanValue());
    assertEquals(3, data.get("layers").size());
    for (JsonNode layer : data.get("layers")) {
      assertEquals(40, layer.get("now").size());
      assertEquals(40, layer.get("was").size());
      assertTrue(sum(layer.get("was")) > 0);
      if (layer.get("type").textValue().equals("kept")) {
        assertEquals(layer.get("was"), layer.get("now"));
      } else {
        assertTrue(layer.get("sqnr").doubleValue() > 10);
      }
    }
    JsonNode rules = data.get("model").get("rules");
    assertEquals(2, rules.size());
    assertTrue(rules.get(0).textValue().contains("=int5:g128:fast'"), rules.toString());
  }

  @Test
  void withoutASourceThereIsNoHistogramOfOne() throws IOException {
    Path model = ReportPages.quantized(folder, ReportPages.checkpoint(folder));
    Path page = folder.resolve("report.html");
    assertEquals(0, Ran.command("report", model, "-o", page, "-q").code());
    JsonNode data = data(Files.readString(page));
    assertFalse(data.get("model").get("hasSource").booleanValue());
    assertFalse(data.get("layers").get(0).has("was"));

    Ran again = Ran.command("report", model, "-o", page, "-q");
    assertEquals(ExitCode.EXISTS.number(), again.code());
    assertEquals(
        ExitCode.MODEL.number(), Ran.command("report", folder, "-o", folder + "/x.html").code());
    assertFalse(Files.exists(folder.resolve("x.html")));
  }

  /** What a method stores at a width is a type, and each has a colour. */
  @ParameterizedTest
  @EnumSource(Method.class)
  void everyTypeHasAColour(Method method) throws IOException {
    Path source = ReportPages.checkpoint(folder);
    for (int bits : CodeLimits.BIT_WIDTHS) {
      String name = method.word() + bits;
      Path model;
      try {
        model = ReportPages.quantized(folder, source, method, bits, name);
      } catch (InvalidConfigException e) {
        continue; // not every method has every width
      }
      Path page = folder.resolve(name + ".html");
      assertEquals(0, Ran.command("report", model, "-o", page, "-q").code());
      String html = Files.readString(page);
      for (JsonNode layer : data(html).get("layers")) {
        String type = layer.get("type").textValue();
        assertTrue(html.matches("(?s).*\\." + type + "[ ,].*"), type);
      }
    }
  }

  private static int sum(JsonNode numbers) {
    int sum = 0;
    for (JsonNode number : numbers) {
      sum += number.intValue();
    }
    return sum;
  }

  private static JsonNode data(String html) throws IOException {
    int start = html.indexOf("id=\"data\">") + "id=\"data\">".length();
    return new ObjectMapper().readTree(html.substring(start, html.indexOf("</script>", start)));
  }
}
