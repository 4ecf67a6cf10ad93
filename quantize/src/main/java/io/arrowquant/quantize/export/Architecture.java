package io.arrowquant.quantize.export;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/** Diffusion models that loaders of GGUF tell apart, by tensors that only they have. */
enum Architecture {
  FLUX("double_blocks.0.img_attn.proj.weight", "single_blocks.0.linear1.weight"),
  SD3("joint_blocks.0.x_block.attn.qkv.weight", "joint_blocks.0.context_block.attn.qkv.weight"),
  WAN("blocks.0.self_attn.norm_q.weight", "text_embedding.2.weight", "head.modulation"),
  LTXV(
      "adaln_single.emb.timestep_embedder.linear_2.weight",
      "transformer_blocks.27.scale_shift_table"),
  QWEN_IMAGE(
      "time_text_embed.timestep_embedder.linear_2.weight",
      "transformer_blocks.0.attn.norm_added_q.weight",
      "transformer_blocks.0.img_mlp.net.0.proj.weight"),
  HYVID(
      "double_blocks.0.img_attn_proj.weight",
      "txt_in.individual_token_refiner.blocks.1.self_attn_qkv.weight");

  private final Set<String> names;

  Architecture(String... names) {
    this.names = Set.of(names);
  }

  String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The one whose tensors are all there; none where that is not so of exactly one. */
  static Optional<Architecture> of(Set<String> tensors) {
    var found = Arrays.stream(values()).filter(a -> tensors.containsAll(a.names)).toList();
    return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
  }
}
