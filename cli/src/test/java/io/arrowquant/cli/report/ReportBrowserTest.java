package io.arrowquant.cli.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.arrowquant.cli.Ran;
import io.arrowquant.core.config.Method;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in a real browser ({@code mvn -Pbrowser}): a script added to it clicks and types, and
 * leaves what came of it in the document, which headless Chromium prints.
 */
@Tag("browser")
class ReportBrowserTest {

  @TempDir Path folder;
  private Path page;

  @BeforeEach
  void write() {
    Path source = ReportPages.checkpoint(folder);
    page = folder.resolve("report.html");
    Ran ran =
        Ran.command(
            "report",
            ReportPages.quantized(folder, source),
            "-o",
            page,
            "--source",
            source.toString(),
            "-q");
    assertEquals(0, ran.code(), ran.err());
  }

  @Test
  void headsSortAndNamesOpenAndNothingIsMarkup() throws IOException, InterruptedException {
    JsonNode found =
        inBrowser(
            1200,
            """
            const names = () => [...document.querySelectorAll('#layers tbody th button')].map(b => b.textContent);
            const head = key => document.querySelector(`#layers th[data-key=${key}]`);
            found.before = names();
            head('sqnr').querySelector('button').click();
            found.falling = names(); found.fallingSort = head('sqnr').getAttribute('aria-sort');
            head('sqnr').querySelector('button').click();
            found.rising = names(); found.risingSort = head('sqnr').getAttribute('aria-sort');
            head('name').querySelector('button').focus();
            found.focused = document.activeElement.textContent;
            document.querySelector('#layers tbody th button').click();
            found.detail = document.querySelector('#layers .detail').textContent;
            found.bars = document.querySelectorAll('#layers .detail .now').length;
            const find = document.getElementById('find');
            find.value = 'BIAS'; find.dispatchEvent(new Event('input'));
            found.filtered = names(); found.count = document.getElementById('count').textContent;
            found.images = document.querySelectorAll('img').length;
            found.rules = document.querySelector('#rules pre').textContent;
            """);
    assertEquals(3, found.get("before").size());
    assertEquals("a.weight", found.get("falling").get(0).textValue());
    assertEquals("descending", found.get("fallingSort").textValue());
    assertEquals(ReportPages.HOSTILE, found.get("rising").get(0).textValue());
    assertEquals("ascending", found.get("risingSort").textValue());
    // What has no SQNR comes last either way.
    assertEquals("a.bias", found.get("falling").get(2).textValue());
    assertEquals("a.bias", found.get("rising").get(2).textValue());
    assertEquals("Layer", found.get("focused").textValue());
    assertTrue(found.get("detail").textValue().contains("Worst group"));
    assertTrue(found.get("bars").intValue() > 3);
    assertEquals("[\"a.bias\"]", found.get("filtered").toString());
    assertEquals("1 layers", found.get("count").textValue());
    assertEquals(0, found.get("images").intValue());
    assertTrue(found.get("rules").textValue().contains("--tensor-type '"));
    assertFalse(found.get("title").textValue().contains("hurt"));
    assertEquals("[]", found.get("errors").toString());
  }

  @Test
  void aPhoneNeedsNoSidewaysScrolling() throws IOException, InterruptedException {
    JsonNode found =
        inBrowser(
            500,
            "found.page = document.documentElement.scrollWidth;" + " found.window = innerWidth;");
    assertTrue(found.get("page").intValue() <= found.get("window").intValue(), found.toString());
  }

  /** Types that other methods store are drawn as well. */
  @Test
  void compressedCodesAreDrawn() throws IOException, InterruptedException {
    Path source = folder.resolve("model.safetensors");
    Path model = ReportPages.quantized(folder, source, Method.RATE, 3, "rate");
    assertEquals(0, Ran.command("report", model, "-o", page, "--overwrite", "-q").code());
    JsonNode found =
        inBrowser(1200, "found.legend = document.querySelector('#share .legend').textContent;");
    assertTrue(found.get("legend").textValue().startsWith("rate3: 2 tensors"), found.toString());
    assertEquals("[]", found.get("errors").toString());
  }

  private JsonNode inBrowser(int width, String script) throws IOException, InterruptedException {
    Optional<String> browser =
        Stream.of(
                System.getProperty("arrowquant.browser", ""),
                "/usr/bin/chromium",
                "/usr/bin/chromium-browser",
                "/usr/bin/google-chrome")
            .filter(path -> !path.isEmpty() && Files.isExecutable(Path.of(path)))
            .findFirst();
    assumeTrue(browser.isPresent(), "there is no browser");
    Path scripted = folder.resolve("scripted.html");
    String html = Files.readString(page);
    Files.writeString(
        scripted,
        html.replaceFirst(
                "<head>",
                "<head><script>const found = { errors: [] };"
                    + " addEventListener('error', e => found.errors.push(e.message));</script>")
            .replace(
                "</body>",
                "<script>"
                    + script
                    + " found.title = document.title; const result = document.createElement('pre');"
                    + " result.id = 'found'; result.textContent ="
                    + " btoa(unescape(encodeURIComponent(JSON.stringify(found))));"
                    + " document.body.append(result);</script></body>"));
    Path printed = folder.resolve("printed.html");
    Process process =
        new ProcessBuilder(
                List.of(
                    browser.get(),
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--user-data-dir=" + folder.resolve("profile" + width),
                    "--window-size=" + width + ",900",
                    "--dump-dom",
                    scripted.toUri().toString()))
            .redirectOutput(printed.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the browser did not end");
    String dom = Files.readString(printed);
    int start = dom.indexOf("<pre id=\"found\">") + "<pre id=\"found\">".length();
    String encoded = dom.substring(start, dom.indexOf("</pre>", start));
    byte[] json = java.util.Base64.getDecoder().decode(encoded);
    return new ObjectMapper().readTree(new String(json, UTF_8));
  }
}
