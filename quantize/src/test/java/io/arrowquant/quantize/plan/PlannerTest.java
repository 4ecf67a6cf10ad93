package io.arrowquant.quantize.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.core.checkpoint.CheckpointTensor;
import io.arrowquant.core.config.ConfigBuilder;
import io.arrowquant.core.config.DiffusionQuantConfig;
import io.arrowquant.core.config.Method;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is kept, what is quantized, and the reasons given, on names as real models have them. */
class PlannerTest {

  private static TensorPlan plan(
      DiffusionQuantConfig config, String name, DType dtype, long... shape) {
    List<Long> dimensions = Arrays.stream(shape).boxed().toList();
    long count = dimensions.stream().reduce(1L, (a, b) -> a * b);
    TensorInfo info = new TensorInfo(name, dtype, dimensions, 0, count * dtype.bits() / 8);
    return QuantizationPlan.of(new CheckpointTensor(name, info, null), config);
  }

  private static String reason(String name, long... shape) {
    return plan(DiffusionQuantConfig.defaults(), name, DType.BF16, shape).treatment()
            instanceof Treatment.Keep keep
        ? keep.reason()
        : "";
  }

  @ParameterizedTest
  @CsvSource({
    "model.layers.0.input_layernorm.weight, norm",
    "text_model.encoder.layers.3.layer_norm1.weight, norm",
    "transformer.h.0.ln_1.weight, norm",
    "blocks.0.norm1.weight, norm",
    "bert.encoder.layer.0.attention.output.LayerNorm.gamma, norm",
    "down_blocks.0.resnets.0.norm2.weight, norm",
    "transformer_blocks.0.attn.norm_q.weight, norm",
    "transformer_blocks.0.scale_shift_table, modulation table",
    "scale_shift_table, modulation table",
    "blocks.0.modulation, modulation table",
    "pos_embed, positional embedding",
    "transformer.wpe.weight, positional embedding",
    "embeddings.position_embeddings.weight, positional embedding",
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight, positional embedding",
    "time_embedding.linear_1.weight, timestep embedding",
    "t_embedder.mlp.0.weight, timestep embedding",
    "adaln_single.emb.timestep_embedder.linear_1.weight, timestep embedding",
    "time_text_embed.timestep_embedder.linear_2.weight, timestep embedding",
    "time_in.in_layer.weight, timestep embedding",
    "sigma_map.mlp.0.weight, timestep embedding",
    "x_embedder.proj.weight, patch embedding",
    "pos_embed.proj.weight, patch embedding",
    "vision_model.embeddings.patch_embedding.weight, patch embedding",
    "x_embedder.weight, patch embedding",
    "conv_in.weight, first projection",
    "vae/decoder.conv_in.weight, first projection",
    "img_in.weight, first projection",
    "generator.conv_pre.weight, first projection",
    "conv_post.weight, last projection",
    "proj_out.weight, last projection",
    "transformer/proj_out.weight, last projection",
    "decoder.conv_out.weight, last projection",
    "final_layer.linear.weight, last projection",
    "encoder.layers.0.self_attn.some_bias, bias"
  })
  void sensitiveByName(String name, String expected) {
    assertEquals(expected, reason(name, 640, 640));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.layers.0.self_attn.q_proj.weight",
        "model.layers.0.mlp.down_proj.weight",
        "transformer_blocks.0.norm1.linear.weight",
        "blocks.0.adaLN_modulation.1.weight",
        "double_blocks.0.img_mod.lin.weight",
        "down_blocks.1.attentions.0.proj_in.weight",
        "down_blocks.1.attentions.0.proj_out.weight",
        "down_blocks.0.resnets.0.time_emb_proj.weight",
        "transformer_blocks.3.attn.to_out.0.weight",
        "single_transformer_blocks.3.proj_out.weight",
        "encoder.block.0.layer.1.DenseReluDense.wi.weight",
        "up_blocks.2.resnets.1.conv1.weight",
        "caption_projection.linear_1.weight",
        "blocks.3.attn_qkv.weight"
      })
  void notSensitive(String name) {
    assertEquals("", reason(name, 640, 640));
  }

  @Test
  void tokenTablesGetEightBits() {
    for (String name :
        List.of(
            "model.embed_tokens.weight",
            "lm_head.weight",
            "transformer.wte.weight",
            "shared.weight",
            "bert.embeddings.word_embeddings.weight",
            "tok_embeddings.weight",
            "output.weight")) {
      TensorPlan plan = plan(DiffusionQuantConfig.defaults(), name, DType.F16, 1000, 64);
      assertEquals(8, ((Treatment.Quantize) plan.treatment()).bitWidth(), name);
    }
  }

  @Test
  void structureComesBeforeNames() {
    assertEquals("rank 1", reason("w", 4096));
    assertEquals("rank 0", reason("w"));
    assertEquals("at most 1,024 elements", reason("w", 32, 32));
    assertEquals("fewer than 32 columns", reason("w", 1000, 31));
    assertEquals("empty", reason("w", 0, 64));
    assertEquals("", reason("conv.weight", 64, 4, 3, 3));
    TensorPlan integers = plan(DiffusionQuantConfig.defaults(), "w", DType.I64, 64, 64);
    assertEquals(new Treatment.Keep("dtype I64"), integers.treatment());
  }

  @Test
  void whatTheUserSaysOfANameWins() {
    ConfigBuilder builder = DiffusionQuantConfig.builder();
    DiffusionQuantConfig config =
        builder
            .keep("*.to_q.weight")
            .quantize("*norm.weight")
            .layerBitWidth("a.*", 8)
            .layerBitWidth("b.*", 16)
            .build();
    assertEquals(
        new Treatment.Keep("setting keep: *.to_q.weight"),
        plan(config, "x.to_q.weight", DType.F32, 64, 64).treatment());
    assertEquals(
        4,
        ((Treatment.Quantize) plan(config, "norm.weight", DType.F32, 4096).treatment()).bitWidth());
    assertEquals(
        8,
        ((Treatment.Quantize) plan(config, "a.weight", DType.F32, 64, 64).treatment()).bitWidth());
    assertEquals(
        new Treatment.Keep("setting layer_bit_widths: 16"),
        plan(config, "b.weight", DType.F32, 64, 64).treatment());
  }

  @Test
  void typesByRuleDecideBeforeOtherNamesButNotBeforeShapes() {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .tensorType("to_q=int8:g64:best", "to_=int3", "embed=keep", "proj_out|big=int6")
            .keep("*.to_q.weight")
            .layerBitWidth("*", 2)
            .quantize("big*")
            .build();
    assertEquals(
        new Treatment.Quantize(8, 64, Method.BEST, true),
        plan(config, "x.to_q.weight", DType.F32, 64, 64).treatment());
    assertEquals(
        new Treatment.Quantize(3, 128, Method.FAST, true),
        plan(config, "x.to_k.weight", DType.F32, 64, 64).treatment());
    assertEquals(
        new Treatment.Keep("setting tensor_types: embed=keep"),
        plan(config, "embed.weight", DType.F32, 64, 64).treatment());
    assertEquals(
        new Treatment.Quantize(6, 128, Method.FAST, true),
        plan(config, "proj_out.weight", DType.F32, 64, 64).treatment());
    assertEquals(
        new Treatment.Keep("rank 1"), plan(config, "x.to_k.bias", DType.F32, 4096).treatment());
    assertEquals(
        new Treatment.Quantize(6, 128, Method.FAST, true),
        plan(config, "big", DType.F32, 4096).treatment());
    assertEquals(
        new Treatment.Keep("dtype I32"), plan(config, "x.to_q", DType.I32, 64, 64).treatment());
  }

  @Test
  void withoutAWidthAllIsKeptThatHasNoneOfItsOwn() {
    DiffusionQuantConfig config =
        DiffusionQuantConfig.builder()
            .keepAll()
            .tensorType("a=int4")
            .layerBitWidth("b", 8)
            .quantize("*")
            .build();
    assertEquals(
        new Treatment.Quantize(4, 128, Method.FAST, true),
        plan(config, "a", DType.F32, 64, 64).treatment());
    assertEquals(
        new Treatment.Quantize(8, 128, Method.FAST, true),
        plan(config, "b", DType.F32, 64, 64).treatment());
    assertEquals(
        new Treatment.Keep("setting bit_width: none"),
        plan(config, "c", DType.F32, 64, 64).treatment());
  }

  @Test
  void mixtureOfExpertsIsMostlyQuantized() {
    long quantized = 0;
    long all = 0;
    for (int layer = 0; layer < 4; layer++) {
      String prefix = "model.layers." + layer + ".";
      for (TensorPlan plan :
          List.of(
              plan(
                  DiffusionQuantConfig.defaults(),
                  prefix + "mlp.experts.gate_up_proj",
                  DType.BF16,
                  32,
                  256,
                  512),
              plan(
                  DiffusionQuantConfig.defaults(),
                  prefix + "mlp.experts.down_proj",
                  DType.BF16,
                  32,
                  256,
                  256),
              plan(
                  DiffusionQuantConfig.defaults(),
                  prefix + "self_attn.q_proj.weight",
                  DType.BF16,
                  256,
                  256),
              plan(
                  DiffusionQuantConfig.defaults(),
                  prefix + "input_layernorm.weight",
                  DType.BF16,
                  256))) {
        all += plan.tensor().elementCount();
        quantized += plan.isKept() ? 0 : plan.tensor().elementCount();
        if (plan.tensor().shape().size() == 3) {
          assertEquals(32 * 256, plan.rows());
        }
      }
    }
    assertEquals(1.0, (double) quantized / all, 0.001);
  }
}
