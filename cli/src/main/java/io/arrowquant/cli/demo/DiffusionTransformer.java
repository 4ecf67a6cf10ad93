package io.arrowquant.cli.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * The tensors of a diffusion transformer as diffusers names them (PixArt's layout): what they are
 * called, how large they are and what their values look like.
 *
 * @param hidden width of the model
 * @param blocks number of transformer blocks
 * @param caption width of the text features that come in
 */
record DiffusionTransformer(int hidden, int blocks, int caption) {

  static final int LATENT_CHANNELS = 4;
  static final int PATCH = 2;
  static final int TIMESTEP_FEATURES = 256;

  /** What the values of a tensor look like. */
  enum Role {
    /** A projection: scale by fan-in, outlier input channels. */
    WEIGHT,
    /** Around one. */
    NORM,
    /** Small, around zero. */
    BIAS,
    /** Modulation and embeddings: no outlier channels. */
    TABLE
  }

  /** One tensor to make. */
  record Tensor(String name, Role role, List<Long> shape) {

    long elements() {
      long elements = 1;
      for (long dimension : shape) {
        elements *= dimension;
      }
      return elements;
    }

    /** Values per output channel; a vector is one row. */
    int columns() {
      return (int) (shape.size() == 1 ? elements() : elements() / shape.get(0));
    }
  }

  /** The model of about so many parameters with blocks in PixArt's proportion of width to depth. */
  static DiffusionTransformer ofParameters(long parameters) {
    double cube = parameters * 42.0 / 16.0; // blocks = hidden / 42, 16 hidden^2 each
    double ideal = StrictMath.cbrt(cube);
    int step = ideal >= 256 ? 128 : 32;
    int hidden = (int) Math.max(step, Math.round(ideal / step) * step);
    int caption = hidden >= 512 ? 4096 : 2 * hidden;
    long fixed = new DiffusionTransformer(hidden, 0, caption).parameters();
    long perBlock = new DiffusionTransformer(hidden, 1, caption).parameters() - fixed;
    int blocks = (int) Math.max(1, Math.round((parameters - fixed) / (double) perBlock));
    return new DiffusionTransformer(hidden, blocks, caption);
  }

  long parameters() {
    long parameters = 0;
    for (Tensor tensor : tensors()) {
      parameters += tensor.elements();
    }
    return parameters;
  }

  List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    add(tensors, "pos_embed.proj.weight", Role.WEIGHT, hidden, LATENT_CHANNELS, PATCH, PATCH);
    add(tensors, "pos_embed.proj.bias", Role.BIAS, hidden);
    String time = "adaln_single.emb.timestep_embedder.";
    linear(tensors, time + "linear_1", TIMESTEP_FEATURES, hidden);
    linear(tensors, time + "linear_2", hidden, hidden);
    linear(tensors, "adaln_single.linear", hidden, 6L * hidden);
    linear(tensors, "caption_projection.linear_1", caption, hidden);
    linear(tensors, "caption_projection.linear_2", hidden, hidden);
    for (int block = 0; block < blocks; block++) {
      block(tensors, "transformer_blocks." + block + ".");
    }
    add(tensors, "scale_shift_table", Role.TABLE, 2, hidden);
    linear(tensors, "proj_out", hidden, PATCH * PATCH * 2 * LATENT_CHANNELS);
    return tensors;
  }

  private void block(List<Tensor> tensors, String block) {
    add(tensors, block + "scale_shift_table", Role.TABLE, 6, hidden);
    for (String attention : List.of("attn1.", "attn2.")) {
      for (String projection : List.of("to_q", "to_k", "to_v", "to_out.0")) {
        linear(tensors, block + attention + projection, hidden, hidden);
      }
    }
    add(tensors, block + "norm2.weight", Role.NORM, hidden);
    add(tensors, block + "norm2.bias", Role.BIAS, hidden);
    linear(tensors, block + "ff.net.0.proj", hidden, 4L * hidden);
    linear(tensors, block + "ff.net.2", 4L * hidden, hidden);
  }

  private static void linear(List<Tensor> tensors, String name, long in, long out) {
    add(tensors, name + ".weight", Role.WEIGHT, out, in);
    add(tensors, name + ".bias", Role.BIAS, out);
  }

  private static void add(List<Tensor> tensors, String name, Role role, long... shape) {
    List<Long> dimensions = new ArrayList<>();
    for (long dimension : shape) {
      dimensions.add(dimension);
    }
    tensors.add(new Tensor(name, role, List.copyOf(dimensions)));
  }
}
