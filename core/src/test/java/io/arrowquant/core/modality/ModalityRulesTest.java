package io.arrowquant.core.modality;

import static io.arrowquant.core.modality.Modality.AUDIO;
import static io.arrowquant.core.modality.Modality.IMAGE;
import static io.arrowquant.core.modality.Modality.TEXT;
import static io.arrowquant.core.modality.Modality.UNKNOWN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.arrowquant.core.SharedModels;
import io.arrowquant.core.checkpoint.Checkpoint;
import io.arrowquant.core.modality.ModalityEvidence.Entry;
import io.arrowquant.core.safetensors.DType;
import io.arrowquant.core.safetensors.TensorInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ModalityRulesTest {

  private static final Entry TEXT_CLASS = new Entry("_class_name", "TextToVideoPipeline");

  @ParameterizedTest
  @CsvSource({
    "text,TEXT",
    "text-to-image,IMAGE",
    "Text To Image,IMAGE",
    "text_to_speech,AUDIO",
    "MDLM,TEXT",
    "sedd,TEXT",
    "LLaDAModelLM,TEXT",
    "dream,TEXT",
    "LlamaForCausalLM,TEXT",
    "GPT2LMHeadModel,TEXT",
    "BertForMaskedLM,TEXT",
    "code,CODE",
    "Qwen2.5-Coder,CODE",
    "DiTTransformer2DModel,IMAGE",
    "DiT-XL/2,IMAGE",
    "dit,IMAGE",
    "UNet2DConditionModel,IMAGE",
    "u-net,IMAGE",
    "AutoencoderKL,IMAGE",
    "vae,IMAGE",
    "FluxTransformer2DModel,IMAGE",
    "flux-1-dev,IMAGE",
    "SD3Transformer2DModel,IMAGE",
    "sd3,IMAGE",
    "PixArtTransformer2DModel,IMAGE",
    "stable-diffusion-xl-v1-base,IMAGE",
    "WaveGrad,AUDIO",
    "MelGAN,AUDIO",
    "mel_spectrogram,AUDIO",
    "SpeechT5HifiGan vocoder,AUDIO",
    "WhisperForConditionalGeneration,AUDIO",
    "StableAudioPipeline,AUDIO",
    "audit,UNKNOWN",
    "edit,UNKNOWN",
    "conditional,UNKNOWN",
    "unconditional,UNKNOWN",
    "Conditional,UNKNOWN",
    "caramel,UNKNOWN",
    "context,UNKNOWN",
    "encoder-decoder,UNKNOWN",
    "influx,UNKNOWN",
    "SomethingElse,UNKNOWN",
    "'',UNKNOWN",
  })
  void wholeWords(String value, Modality expected) {
    assertEquals(
        expected, ModalityRules.detect(metadata(new Entry("architecture", value))).modality());
    assertEquals(
        expected, ModalityRules.detect(config(List.of(), new Entry("m", value))).modality());
  }

  @Test
  void strongerPlacesWin() {
    ModalityEvidence all =
        new ModalityEvidence(
            List.of(new Entry("architecture", "wavegrad"), new Entry("modality", "code")),
            List.of(new Entry("_class_name", "FluxPipeline")),
            List.of(),
            List.of(tensor("h.0.attn.c_attn.weight", 8, 8)));
    assertEquals(
        new ModalityFinding(TEXT, "setting", "text"), ModalityRules.detect(Optional.of(TEXT), all));
    assertEquals(
        new ModalityFinding(Modality.CODE, "metadata modality", "modality = \"code\""),
        ModalityRules.detect(all));
    ModalityEvidence noModality =
        new ModalityEvidence(all.metadata().subList(0, 1), all.config(), List.of(), all.tensors());
    assertEquals(AUDIO, ModalityRules.detect(noModality).modality());
    ModalityEvidence noMetadata =
        new ModalityEvidence(List.of(), all.config(), List.of(), all.tensors());
    assertEquals(
        new ModalityFinding(IMAGE, "config _class_name", "_class_name = \"FluxPipeline\""),
        ModalityRules.detect(noMetadata));
    assertEquals(
        new ModalityFinding(TEXT, "tensors: GPT-2 blocks", "\"h.0.attn.c_attn.weight\""),
        ModalityRules.detect(new ModalityEvidence(List.of(), List.of(), List.of(), all.tensors())));
  }

  @Test
  void foldersBeatTheWordText() {
    for (String folder : List.of("unet", "vae", "transformer")) {
      assertEquals(
          new ModalityFinding(IMAGE, "component folder", folder + "/"),
          ModalityRules.detect(config(List.of("text_encoder", folder), TEXT_CLASS)));
    }
    assertEquals(
        TEXT, ModalityRules.detect(config(List.of("text_encoder"), TEXT_CLASS)).modality());
    assertEquals(AUDIO, ModalityRules.detect(config(List.of("unet", "vae", "vocoder"))).modality());
  }

  @Test
  void aMetadataValueThatNoRuleKnowsLeavesTheQuestionOpen() {
    ModalityEvidence evidence =
        new ModalityEvidence(
            List.of(new Entry("modality", "smell")),
            List.of(),
            List.of(),
            List.of(tensor("h.0.attn.c_attn.weight", 8, 8)));
    assertEquals(TEXT, ModalityRules.detect(evidence).modality());
  }

  static Stream<Arguments> realNames() {
    return Stream.of(
        names(
            TEXT,
            "LLaMA",
            tensor("model.embed_tokens.weight", 32, 8),
            tensor("model.layers.0.self_attn.q_proj.weight", 8, 8),
            tensor("lm_head.weight", 32, 8)),
        names(
            TEXT,
            "Mistral's own",
            tensor("tok_embeddings.weight", 32, 8),
            tensor("layers.0.attention.wq.weight", 8, 8)),
        names(
            TEXT,
            "BERT",
            tensor("bert.embeddings.word_embeddings.weight", 32, 8),
            tensor("bert.encoder.layer.0.attention.self.query.weight", 8, 8)),
        names(TEXT, "GPT-2", tensor("wte.weight", 32, 8), tensor("h.0.attn.c_attn.weight", 8, 24)),
        names(
            TEXT,
            "T5",
            tensor("shared.weight", 32, 8),
            tensor("encoder.block.0.layer.0.SelfAttention.q.weight", 8, 8)),
        names(
            TEXT,
            "MDLM",
            tensor("backbone.vocab_embed.embedding", 32, 8),
            tensor("backbone.blocks.0.attn_qkv.weight", 24, 8),
            tensor("backbone.blocks.0.adaLN_modulation.weight", 48, 8)),
        names(
            TEXT,
            "LLaDA",
            tensor("model.transformer.wte.weight", 32, 8),
            tensor("model.transformer.blocks.0.q_proj.weight", 8, 8)),
        names(
            TEXT,
            "Mamba",
            tensor("backbone.embeddings.weight", 32, 8),
            tensor("backbone.layers.0.mixer.in_proj.weight", 8, 8)),
        names(
            TEXT,
            "Pythia",
            tensor("gpt_neox.embed_in.weight", 32, 8),
            tensor("gpt_neox.layers.0.attention.query_key_value.weight", 24, 8)),
        names(
            TEXT,
            "CLIP text encoder",
            tensor("text_model.encoder.layers.0.self_attn.k_proj.weight", 8, 8)),
        names(
            IMAGE,
            "DiT",
            tensor("x_embedder.proj.weight", 8, 4, 2, 2),
            tensor("blocks.0.attn.qkv.weight", 24, 8),
            tensor("blocks.0.adaLN_modulation.1.weight", 48, 8)),
        names(
            IMAGE,
            "DiT with fused names",
            tensor("patch_embed.proj.weight", 8, 4, 2, 2),
            tensor("blocks.0.attn_qkv.weight", 24, 8),
            tensor("blocks.0.adaLN_modulation.weight", 48, 8)),
        names(
            IMAGE,
            "FLUX",
            tensor("double_blocks.0.img_attn.qkv.weight", 24, 8),
            tensor("single_blocks.0.linear1.weight", 8, 8)),
        names(
            IMAGE,
            "FLUX in diffusers",
            tensor("x_embedder.weight", 8, 8),
            tensor("transformer_blocks.0.attn.add_k_proj.weight", 8, 8)),
        names(
            IMAGE,
            "SD3",
            tensor("model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight", 24, 8),
            tensor("model.diffusion_model.x_embedder.proj.weight", 8, 16, 2, 2)),
        names(
            IMAGE,
            "PixArt",
            tensor("adaln_single.linear.weight", 48, 8),
            tensor("pos_embed.proj.weight", 8, 4, 2, 2),
            tensor("transformer_blocks.0.attn1.to_q.weight", 8, 8)),
        names(
            IMAGE,
            "UNet in diffusers",
            tensor("conv_in.weight", 8, 4, 3, 3),
            tensor("down_blocks.0.resnets.0.conv1.weight", 8, 8, 3, 3)),
        names(
            IMAGE,
            "Stable Diffusion in one file",
            tensor("model.diffusion_model.input_blocks.1.0.in_layers.2.weight", 8, 8, 3, 3),
            tensor(
                "cond_stage_model.transformer.text_model.encoder.layers.0.self_attn.k_proj.weight",
                8,
                8)),
        names(
            IMAGE,
            "VAE in diffusers",
            tensor("decoder.conv_in.weight", 8, 4, 3, 3),
            tensor("decoder.mid_block.resnets.0.conv1.weight", 8, 8, 3, 3)),
        names(
            IMAGE,
            "ViT",
            tensor("vit.embeddings.patch_embeddings.projection.weight", 8, 3, 16, 16),
            tensor("vit.encoder.layer.0.attention.attention.query.weight", 8, 8)),
        names(
            AUDIO,
            "Whisper",
            tensor("model.encoder.conv1.weight", 8, 80, 3),
            tensor("model.encoder.layers.0.self_attn.k_proj.weight", 8, 8),
            tensor("model.decoder.embed_tokens.weight", 32, 8),
            tensor("model.decoder.layers.0.self_attn.q_proj.weight", 8, 8)),
        names(
            AUDIO,
            "wav2vec 2.0",
            tensor("wav2vec2.feature_extractor.conv_layers.0.conv.weight", 8, 1, 10)),
        names(
            AUDIO,
            "HiFi-GAN",
            tensor("conv_pre.weight_v", 8, 80, 7),
            tensor("ups.0.weight_v", 8, 8, 16),
            tensor("conv_post.weight_v", 1, 8, 7)),
        names(
            AUDIO,
            "WaveGrad",
            tensor("film.0.input_conv.weight", 8, 8, 3),
            tensor("downsample.0.conv.0.weight", 8, 8, 3)),
        names(AUDIO, "DiffWave", tensor("residual_layers.0.dilated_conv.weight", 8, 8, 3)),
        names(
            AUDIO,
            "EnCodec",
            tensor("encoder.layers.0.conv.weight", 8, 1, 7),
            tensor("quantizer.layers.0.codebook.embed", 32, 8)),
        names(UNKNOWN, "one-dimensional U-Net", tensor("conv_in.weight", 8, 4, 3)),
        names(UNKNOWN, "a name like stft", tensor("stfting.weight", 8, 8)),
        names(UNKNOWN, "gray stack", tensor("0.conv.0.weight", 8, 8, 3, 3)),
        names(UNKNOWN, "no tensors"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource
  void realNames(Modality expected, String model, List<TensorInfo> tensors) {
    assertEquals(
        expected,
        ModalityRules.detect(new ModalityEvidence(List.of(), List.of(), List.of(), tensors))
            .modality());
  }

  /** What the headers of these files show and no more: some are not told by any rule. */
  @ParameterizedTest
  @CsvSource({
    "silero_vad_16k.safetensors,AUDIO",
    "taef2_decoder.safetensors,IMAGE",
    "derived_taef2_decoder_bf16.safetensors,IMAGE",
    "sharded_taef2_decoder,IMAGE",
    "dalotia_model-mnist.safetensors,UNKNOWN",
    "candle_voices.safetensors,UNKNOWN",
    "moshi_test_lm_out.safetensors,UNKNOWN",
    "swift_data.safetensors,UNKNOWN",
  })
  void realFiles(String file, Modality expected) {
    assertEquals(expected, Checkpoint.open(SharedModels.path(file)).modality().modality());
  }

  private static Arguments names(Modality expected, String model, TensorInfo... tensors) {
    return Arguments.of(expected, model, List.of(tensors));
  }

  private static TensorInfo tensor(String name, long... shape) {
    List<Long> dimensions = Arrays.stream(shape).boxed().toList();
    long count = dimensions.stream().reduce(1L, (a, b) -> a * b);
    return new TensorInfo(name, DType.F32, dimensions, 0, 4 * count);
  }

  private static ModalityEvidence metadata(Entry... entries) {
    return new ModalityEvidence(List.of(entries), List.of(), List.of(), List.of());
  }

  private static ModalityEvidence config(List<String> components, Entry... entries) {
    return new ModalityEvidence(List.of(), List.of(entries), components, List.of());
  }
}
