package io.arrowquant.cli.demo;

import io.arrowquant.arrow.safetensors.SafeTensorsWriter.Entry;
import io.arrowquant.arrow.safetensors.ShardedSafeTensorsWriter;
import io.arrowquant.cli.demo.DiffusionTransformer.Role;
import io.arrowquant.cli.demo.DiffusionTransformer.Tensor;
import io.arrowquant.core.ArrowQuantException;
import io.arrowquant.core.Progress;
import io.arrowquant.core.safetensors.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A diffusion transformer with made-up weights: the names, shapes and proportions of a PixArt model
 * in diffusers' form, and values with what makes trained weights hard to quantize: a scale for each
 * layer and output channel, heavy tails, a few loud input channels. The same numbers give the same
 * bytes on every machine and JDK. Written as a stream.
 *
 * @param parameters about how many parameters
 * @param dtype F32, F16 or BF16
 * @param shards least number of files, at least 1
 * @param seed chooses the values
 */
public record SyntheticCheckpoint(long parameters, DType dtype, int shards, long seed) {

  private static final int BUFFER = 1 << 20;
  private static final double LAYER_SPREAD = 0.35;
  private static final double ROW_SPREAD = 0.2;
  private static final int LOUD_CHANNEL_EVERY = 256;
  private static final float LOUD_LEAST = 2;
  private static final float LOUD_SPAN = 4;

  public SyntheticCheckpoint {
    FloatEncoder.of(dtype);
    if (parameters < 1 || shards < 1) {
      throw new IllegalArgumentException(
          "a checkpoint of " + parameters + " parameters in " + shards + " shards cannot be made");
    }
  }

  /** Parameters that it really has. */
  public long parameterCount() {
    return model().parameters();
  }

  /** Bytes of its tensors. */
  public long byteSize() {
    return parameterCount() * dtype.bits() / 8;
  }

  /**
   * Writes the files into the folder, which is made where it is missing.
   *
   * @throws io.arrowquant.core.OutputExistsException if a file of the name is there already
   * @throws io.arrowquant.core.StorageException if writing fails
   */
  public void write(Path folder, Progress progress) {
    DiffusionTransformer model = model();
    Map<String, Tensor> tensors = new HashMap<>();
    List<Entry> entries =
        model.tensors().stream()
            .peek(tensor -> tensors.put(tensor.name(), tensor))
            .map(tensor -> new Entry(tensor.name(), dtype, tensor.shape()))
            .toList();
    writeConfig(folder, model);
    Filler filler = new Filler(FloatEncoder.of(dtype), dtype.bits() / 8, progress, byteSize());
    try (ShardedSafeTensorsWriter writer =
        ShardedSafeTensorsWriter.create(
            folder,
            "diffusion_pytorch_model",
            Map.of("format", "pt"),
            entries,
            (byteSize() + shards - 1) / shards)) {
      while (writer.current().isPresent()) {
        filler.fill(tensors.get(writer.current().get().name()), seed, writer);
      }
    }
  }

  private DiffusionTransformer model() {
    return DiffusionTransformer.ofParameters(parameters);
  }

  private static void writeConfig(Path folder, DiffusionTransformer model) {
    String config =
        """
        {
          "_class_name": "PixArtTransformer2DModel",
          "attention_head_dim": %d,
          "caption_channels": %d,
          "cross_attention_dim": %d,
          "in_channels": %d,
          "num_attention_heads": %d,
          "num_layers": %d,
          "out_channels": %d,
          "patch_size": %d
        }
        """
            .formatted(
                model.hidden() / 16,
                model.caption(),
                model.hidden(),
                DiffusionTransformer.LATENT_CHANNELS,
                16,
                model.blocks(),
                2 * DiffusionTransformer.LATENT_CHANNELS,
                DiffusionTransformer.PATCH);
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("config.json"), config);
    } catch (IOException e) {
      throw ArrowQuantException.whileWriting(folder.resolve("config.json"), e);
    }
  }

  /** Makes the values of one tensor after the other in buffers of a fixed size. */
  private static final class Filler {

    private final NormalTable normal = new NormalTable();
    private final FloatEncoder encoder;
    private final int width;
    private final Progress progress;
    private final long total;
    private final ByteBuffer bytes =
        ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    private float[] row = new float[0];
    private long written;

    Filler(FloatEncoder encoder, int width, Progress progress, long total) {
      this.encoder = encoder;
      this.width = width;
      this.progress = progress;
      this.total = total;
    }

    void fill(Tensor tensor, long seed, ShardedSafeTensorsWriter writer) {
      int columns = tensor.columns();
      row = row.length < columns ? new float[columns] : row;
      long state = NormalTable.mix(seed ^ NormalTable.mix(hash(tensor.name())));
      float[] one = new float[1];
      state = normal.fill(state, one, 1);
      float layerScale = layerScale(tensor, one[0]);
      float[] gains = gains(tensor, state);
      long rows = tensor.elements() / columns;
      for (long r = 0; r < rows; r++) {
        state = normal.fill(state, one, 1);
        float scale =
            tensor.role() == Role.WEIGHT
                ? layerScale * (float) StrictMath.exp(ROW_SPREAD * one[0])
                : layerScale;
        state = normal.fill(state, row, columns);
        float offset = tensor.role() == Role.NORM ? 1 : 0;
        for (int c = 0; c < columns; c++) {
          row[c] = offset + row[c] * scale * gains[c];
        }
        append(columns, writer);
      }
      flush(writer);
      progress.onProgress(written, total, tensor.name());
    }

    private static float layerScale(Tensor tensor, float z) {
      return switch (tensor.role()) {
        case WEIGHT ->
            (float) (StrictMath.exp(LAYER_SPREAD * z) / StrictMath.sqrt(tensor.columns()));
        case TABLE -> (float) (1 / StrictMath.sqrt(tensor.columns()));
        case NORM -> 0.1f;
        case BIAS -> 0.02f;
      };
    }

    /** One factor per input channel: 1, and more for the few loud ones. */
    private static float[] gains(Tensor tensor, long state) {
      float[] gains = new float[tensor.columns()];
      Arrays.fill(gains, 1);
      if (tensor.role() == Role.WEIGHT) {
        for (int c = 0; c < gains.length; c++) {
          long bits = NormalTable.mix(state + 31L * c);
          if ((bits >>> 32) % LOUD_CHANNEL_EVERY == 0) {
            gains[c] = LOUD_LEAST + LOUD_SPAN * ((bits & 0xffff) / 65536f);
          }
        }
      }
      return gains;
    }

    private void append(int columns, ShardedSafeTensorsWriter writer) {
      if (bytes.remaining() < columns * width) {
        flush(writer);
      }
      if (columns * width > bytes.capacity()) {
        throw new IllegalArgumentException("a row of " + columns + " values is too wide");
      }
      encoder.encode(row, columns, bytes);
    }

    private void flush(ShardedSafeTensorsWriter writer) {
      written += bytes.position();
      writer.write(bytes.flip());
      bytes.clear();
    }

    /** FNV-1a. */
    private static long hash(String name) {
      long hash = 0xcbf29ce484222325L;
      for (int i = 0; i < name.length(); i++) {
        hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
      }
      return hash;
    }
  }
}
