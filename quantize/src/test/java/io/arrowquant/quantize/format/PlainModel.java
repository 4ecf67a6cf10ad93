package io.arrowquant.quantize.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * A quantized model read by nothing but {@code docs/format.md}: every tensor, decoded. Shares no
 * code with the product.
 */
public final class PlainModel {

  /** A tensor and what was found of it. */
  public static final class Tensor {

    private final String dtype;
    private final int rows;
    private final int columns;
    private final float[] equalization;
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private float[] weights;

    private Tensor(String dtype, long rows, long columns, float[] equalization) {
      this.dtype = dtype;
      this.rows = (int) rows;
      this.columns = (int) columns;
      this.equalization = equalization;
    }

    /** Decoded or kept floats, row after row; null for a tensor in {@code data}. */
    public float[] weights() {
      return weights;
    }

    /** The bytes of a tensor in {@code data}; none for others. */
    public byte[] data() {
      return data.toByteArray();
    }
  }

  private final List<Tensor> tensors = new ArrayList<>();
  private final Map<String, Tensor> byName = new TreeMap<>();
  private int version1;

  public PlainModel(Path folder) throws IOException {
    JsonNode manifest = new ObjectMapper().readTree(folder.resolve("model.json").toFile());
    if (!manifest.get("format").asText().equals("parquet-v2-extended")
        || !manifest.get("format_version").asText().startsWith("1.")) {
      throw new IllegalArgumentException("another format");
    }
    readLayers(new PlainParquet(folder.resolve("layers.parquet")));
    for (JsonNode file : manifest.get("files")) {
      Path path = folder.resolve(file.get("path").asText());
      CRC32C crc = new CRC32C();
      crc.update(Files.readAllBytes(path));
      if (crc.getValue() != file.get("crc32c").asLong()) {
        throw new IllegalArgumentException(path + " is damaged");
      }
      if (file.get("path").asText().startsWith("weights/")) {
        PlainParquet part = new PlainParquet(path);
        for (int g = 0; g < part.rowGroups(); g++) {
          readWeights(part, g);
        }
        version1 += part.pagesOfVersion1();
      }
    }
  }

  /** All tensors by name. */
  public Map<String, Tensor> tensors() {
    return byName;
  }

  /** Data pages of version 1, which are those of compressed scales and zero points. */
  public int pagesOfVersion1() {
    return version1;
  }

  private void readLayers(PlainParquet file) {
    for (int g = 0; g < file.rowGroups(); g++) {
      List<List<Object>> names = file.rows(g, "layer_name");
      List<List<Object>> dtypes = file.rows(g, "dtype");
      List<List<Object>> rows = file.rows(g, "num_rows");
      List<List<Object>> columns = file.rows(g, "num_cols");
      List<List<Object>> divisors = file.rows(g, "spatial_quant.equalization_scales.list.element");
      for (int r = 0; r < names.size(); r++) {
        Tensor tensor =
            new Tensor(
                text(dtypes.get(r)),
                (Long) only(rows.get(r)),
                (Long) only(columns.get(r)),
                divisors.get(r).isEmpty() ? null : floats(divisors.get(r)));
        tensors.add(tensor);
        byName.put(text(names.get(r)), tensor);
      }
    }
  }

  private void readWeights(PlainParquet file, int g) {
    List<List<Object>> ids = file.rows(g, "layer_id");
    List<List<Object>> rows = file.rows(g, "row");
    List<List<Object>> starts = file.rows(g, "col_start");
    List<List<Object>> groupSizes = file.rows(g, "group_size");
    List<List<Object>> codes = file.rows(g, "codes.list.element");
    List<List<Object>> scales = file.rows(g, "scales.list.element");
    List<List<Object>> zeroPoints = file.rows(g, "zero_points.list.element");
    List<List<Object>> values = file.rows(g, "values.list.element");
    List<List<Object>> data = file.rows(g, "data");
    for (int r = 0; r < ids.size(); r++) {
      Tensor tensor = tensors.get((Integer) only(ids.get(r)));
      if (!data.get(r).isEmpty()) {
        tensor.data.writeBytes((byte[]) only(data.get(r)));
        continue;
      }
      int start = Math.toIntExact((Long) only(starts.get(r)));
      float[] weights = floats(values.get(r));
      if (!codes.get(r).isEmpty()) {
        weights =
            decode(
                codes.get(r),
                (Integer) only(groupSizes.get(r)),
                floats(scales.get(r)),
                floats(zeroPoints.get(r)));
        for (int c = 0; c < weights.length && tensor.equalization != null; c++) {
          weights[c] = weights[c] / tensor.equalization[start + c];
        }
      }
      if (tensor.weights == null) {
        tensor.weights = new float[tensor.rows * tensor.columns];
      }
      int at = Math.toIntExact((Long) only(rows.get(r)) * tensor.columns + start);
      System.arraycopy(weights, 0, tensor.weights, at, weights.length);
    }
  }

  private static float[] decode(
      List<Object> codes, int groupSize, float[] scales, float[] zeroPoints) {
    float[] weights = new float[codes.size()];
    for (int c = 0; c < weights.length; c++) {
      int g = c / groupSize;
      weights[c] = ((Integer) codes.get(c) - zeroPoints[g]) * scales[g];
    }
    return weights;
  }

  /**
   * What a kept 8-bit tensor means: its stored values times the scales beside it, if it has some.
   */
  public float[] scaled(String name) {
    Tensor tensor = byName.get(name);
    float[] weights = tensor.weights.clone();
    for (String scaleName : scaleNames(name)) {
      Tensor scales = byName.get(scaleName);
      if (scales != null && tensor.dtype.startsWith("F8_E")) {
        boolean one = scales.weights.length == 1;
        boolean perRow = scales.rows * scales.columns == tensor.rows && !one;
        int height = one ? tensor.rows : perRow ? 1 : side(tensor.rows, scales.rows);
        int width = one || perRow ? tensor.columns : side(tensor.columns, scales.columns);
        int perBlockRow = one || perRow ? 1 : scales.columns;
        for (int i = 0; i < weights.length; i++) {
          int row = i / tensor.columns / height;
          weights[i] *= scales.weights[row * perBlockRow + i % tensor.columns / width];
        }
        break;
      }
    }
    return weights;
  }

  private static List<String> scaleNames(String name) {
    if (!name.endsWith(".weight")) {
      return List.of(name + "_scale_inv", name + "_scale");
    }
    String prefix = name.substring(0, name.length() - "weight".length());
    return List.of(
        prefix + "weight_scale_inv",
        prefix + "weight_scale",
        prefix + "scale_weight",
        prefix + "scale");
  }

  private static int side(int length, int count) {
    if (count == length) {
      return 1;
    }
    for (int side : new int[] {128, 32}) {
      if (count == (length + side - 1) / side) {
        return side;
      }
    }
    return length / count;
  }

  private static float[] floats(List<Object> bits) {
    float[] floats = new float[bits.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = Float.intBitsToFloat((Integer) bits.get(i));
    }
    return floats;
  }

  private static Object only(List<Object> values) {
    if (values.size() != 1) {
      throw new IllegalArgumentException("one value is expected, not " + values.size());
    }
    return values.get(0);
  }

  private static String text(List<Object> values) {
    return new String((byte[]) only(values), UTF_8);
  }
}
