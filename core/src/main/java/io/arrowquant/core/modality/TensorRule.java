package io.arrowquant.core.modality;

import io.arrowquant.core.safetensors.TensorInfo;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Tensor names and shapes that tell a modality. A rule fires when each of its clues is found in
 * some tensor; the first rule that fires wins, so the special stand before the general. Clues take
 * any number for a layer's, since of layers that differ by their numbers only one is looked at.
 *
 * @param title what it recognises, for people
 * @param clues all must be found
 */
record TensorRule(Modality modality, String title, List<Clue> clues) {

  static final List<TensorRule> ALL =
      List.of(
          // Audio that looks like text or images in part.
          rule(
              Modality.AUDIO,
              "Whisper encoder",
              named("encoder\\.conv1\\.weight", 3),
              named("encoder\\.(layers\\.\\d+\\.self_attn\\.k_proj|blocks\\.\\d+\\.attn\\.key)")),
          rule(
              Modality.AUDIO,
              "wav2vec feature extractor",
              named("feature_extractor\\.conv_layers\\.\\d+\\.conv\\.weight", 3)),
          rule(
              Modality.AUDIO,
              "vocoder upsampling",
              named("conv_post\\.(weight|weight_v|parametrizations\\.weight\\.original1)", 3),
              named(
                  "ups\\.\\d+\\.(\\d+\\.)?(weight|weight_v|parametrizations\\.weight\\.original1)",
                  3)),
          rule(Modality.AUDIO, "WaveGrad FiLM", named("film\\.\\d+\\.(input_conv|output_conv)")),
          rule(
              Modality.AUDIO,
              "DiffWave residual layers",
              named("residual_layers\\.\\d+\\.dilated_conv\\.weight", 3)),
          rule(
              Modality.AUDIO,
              "audio codec",
              named("quantizer\\.(layers|vq\\.layers)\\.\\d+"),
              named("encoder\\.(layers|model|block)\\.\\d+\\.(conv\\.){0,2}(weight|weight_v)", 3)),
          rule(
              Modality.AUDIO,
              "a tensor named for spectrograms or vocoders",
              named(
                  "(stft|istft|stft_conv|mel|mel_basis|mel_proj|spectrogram\\w*+|vocoder)(?=\\.|$)")),

          // Diffusion transformers over images, then over text.
          rule(
              Modality.IMAGE,
              "FLUX double blocks",
              named("double_blocks\\.\\d+\\.(img|txt)_(attn|mlp|mod)")),
          rule(
              Modality.IMAGE,
              "SD3 joint blocks",
              named("joint_blocks\\.\\d+\\.(x_block|context_block)")),
          rule(
              Modality.IMAGE,
              "FLUX or SD3 transformer blocks",
              named("transformer_blocks\\.\\d+\\.attn\\.add_[qkv]_proj"),
              named("(x_embedder|pos_embed\\.proj)")),
          rule(
              Modality.IMAGE,
              "PixArt",
              named("(adaln_single|caption_projection|t_block)\\."),
              named("(scale_shift_table|pos_embed\\.proj|x_embedder\\.proj|y_embedder)")),
          rule(
              Modality.IMAGE,
              "DiT over patches",
              named("adaLN_modulation\\."),
              named(
                  "(x_embedder|patch_embed|pos_embed|patch_embedding|img_in)(\\.proj)?\\.weight",
                  4)),
          rule(
              Modality.IMAGE,
              "transformer blocks over patches",
              named("transformer_blocks\\.\\d+\\.attn1"),
              named("pos_embed\\.proj\\.weight", 4)),
          rule(
              Modality.TEXT,
              "MDLM or SEDD blocks",
              named("blocks\\.\\d+\\.attn_qkv"),
              named("(vocab_embed|sigma_map|adaLN_modulation|blocks\\.\\d+\\.attn_out)")),
          rule(
              Modality.IMAGE,
              "DiT blocks",
              named("blocks\\.\\d+\\.adaLN_modulation"),
              named("y_embedder")),

          // Convolutional image models.
          rule(
              Modality.IMAGE,
              "diffusers UNet",
              named(
                  "(down_blocks|up_blocks)\\.\\d+\\.(resnets|attentions|downsamplers|upsamplers)"),
              named("conv_in\\.weight", 4)),
          rule(
              Modality.IMAGE,
              "latent diffusion UNet",
              named(
                  "(input_blocks|output_blocks)\\.\\d+\\.\\d+\\.((in|out)_layers\\.\\d+\\.|op\\.|conv\\.)?weight",
                  4)),
          rule(
              Modality.IMAGE,
              "VAE",
              named("(encoder|decoder)\\.(down_blocks|up_blocks|mid_block|down|up|mid)\\."),
              named("(encoder|decoder)\\.conv_(in|out)\\.weight", 4)),
          rule(
              Modality.IMAGE,
              "stacked 2-D convolutions that end in, or begin with, three channels",
              named("\\d+\\.conv\\.\\d+\\.weight", 4),
              new Clue(
                  Pattern.compile("(^|\\.)\\d+\\.weight$"),
                  t ->
                      t.shape().size() == 4
                          && t.shape().get(2) == 3
                          && (t.shape().get(0) == 3 || t.shape().get(1) == 3))),

          // Language models.
          rule(
              Modality.TEXT,
              "LLaMA-like layers",
              named(
                  "layers\\.\\d+\\.self_attn\\.(q_proj|k_proj|qkv_proj|q_a_proj|kv_a_proj_with_mqa)"),
              named("embed_tokens\\.")),
          rule(
              Modality.TEXT,
              "LLaMA's own layers",
              named("layers\\.\\d+\\.attention\\.wq\\."),
              named("tok_embeddings\\.")),
          rule(Modality.TEXT, "GPT-2 blocks", named("h\\.\\d+\\.attn\\.c_attn\\.")),
          rule(
              Modality.TEXT,
              "GPT-NeoX or Falcon blocks",
              named("(layers|h)\\.\\d+\\.(attention|self_attention)\\.query_key_value\\."),
              named("(embed_in|word_embeddings)\\.")),
          rule(
              Modality.TEXT,
              "LLaDA or OLMo blocks",
              named("transformer\\.blocks\\.\\d+\\.(q_proj|att_proj|attn_out|ff_proj)\\."),
              named("wte\\.")),
          rule(
              Modality.TEXT,
              "BERT layers",
              named("layer\\.\\d+\\.attention\\.self\\.query\\."),
              named("word_embeddings\\.")),
          rule(
              Modality.TEXT,
              "T5 blocks",
              named("block\\.\\d+\\.layer\\.\\d+\\.SelfAttention\\.q\\.")),
          rule(
              Modality.TEXT,
              "Mamba layers",
              named("layers\\.\\d+\\.mixer\\.in_proj\\."),
              named("embedd?ings?\\.")),
          rule(
              Modality.IMAGE,
              "vision transformer patches",
              named("patch_embed(ding|dings)?\\.((proj|projection)\\.)?weight", 4)),
          rule(
              Modality.TEXT,
              "CLIP text encoder",
              named("text_model\\.encoder\\.layers\\.\\d+\\.self_attn\\.")));

  /** No real name is longer, and the time that a hostile one can take stays small. */
  private static final int LONGEST_NAME = 500;

  /**
   * What a tensor must look like.
   *
   * @param name found in the tensor's name
   * @param shape true of the tensor
   */
  record Clue(Pattern name, Predicate<TensorInfo> shape) implements Predicate<TensorInfo> {

    @Override
    public boolean test(TensorInfo tensor) {
      return tensor.name().length() <= LONGEST_NAME
          && shape.test(tensor)
          && name.matcher(tensor.name()).find();
    }
  }

  private static TensorRule rule(Modality modality, String title, Clue... clues) {
    return new TensorRule(modality, title, List.of(clues));
  }

  private static Clue named(String regex) {
    return new Clue(Pattern.compile("(^|\\.)" + regex), t -> true);
  }

  private static Clue named(String regex, int rank) {
    return new Clue(Pattern.compile("(^|\\.)" + regex + "$"), t -> t.shape().size() == rank);
  }
}
