package io.arrowquant.quantize.calibration;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.InvalidCalibrationException;
import io.arrowquant.core.QuotedName;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Samples as JSON lines, {@code {"layer": "blocks.0.attn", "timestep": 7, "data": [0.1, ...]}};
 * data may be nested, a vector in each innermost array. Read as a stream: what is held is one
 * sample.
 */
final class SampleLines {

  private final Path file;
  private final LayerSums sums;
  private String layer;
  private Integer timestep;
  private float[] data = new float[1024];
  private int length;

  private SampleLines(Path file, LayerSums sums) {
    this.file = file;
    this.sums = sums;
  }

  static void read(Path file, LayerSums sums) {
    SampleLines lines = new SampleLines(file, sums);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        JsonParser json = new JsonFactory().createParser(in)) {
      while (json.nextToken() != null) {
        lines.sample(json);
      }
    } catch (JsonProcessingException e) {
      throw new InvalidCalibrationException(
          QuotedName.of(file)
              + " is not JSON at line "
              + (e.getLocation() == null ? 0 : e.getLocation().getLineNr())
              + "; expected an object a line.",
          e);
    } catch (IOException e) {
      throw ArrowQuantException.whileReading(file, e);
    }
  }

  private void sample(JsonParser json) throws IOException {
    layer = null;
    timestep = null;
    length = -1;
    expect(json, json.currentToken() == JsonToken.START_OBJECT);
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      JsonToken value = json.nextToken();
      switch (key) {
        case "layer" -> {
          expect(json, value == JsonToken.VALUE_STRING && layer == null);
          layer = json.getText();
        }
        case "timestep" -> {
          expect(json, value == JsonToken.VALUE_NUMBER_INT && timestep == null);
          timestep = json.getIntValue();
        }
        case "data" -> {
          expect(json, value == JsonToken.START_ARRAY && length < 0);
          values(json);
        }
        default -> expect(json, false);
      }
    }
    expect(json, layer != null && timestep != null && length >= 0);
    sums.sample(layer, timestep, data, length);
  }

  private void values(JsonParser json) throws IOException {
    length = 0;
    for (int depth = 1; depth > 0; ) {
      JsonToken token = json.nextToken();
      if (token == JsonToken.START_ARRAY) {
        depth++;
      } else if (token == JsonToken.END_ARRAY) {
        depth--;
      } else {
        expect(json, token != null && token.isNumeric());
        if (length == data.length) {
          data = Arrays.copyOf(data, Math.multiplyExact(2, length));
        }
        data[length++] = json.getFloatValue();
      }
    }
  }

  private void expect(JsonParser json, boolean asExpected) {
    if (!asExpected) {
      throw new InvalidCalibrationException(
          QuotedName.of(file)
              + " has at line "
              + json.currentLocation().getLineNr()
              + " something else than an object of a layer (text), a timestep (integer) and data"
              + " (numbers), each once.");
    }
  }
}
