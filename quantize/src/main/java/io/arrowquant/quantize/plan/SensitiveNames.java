package io.arrowquant.quantize.plan;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tensors whose names say that a model suffers when they are quantized. Patterns look at the last
 * parts of a name, so that {@code norm1.weight} is a norm but {@code norm1.linear.weight}, the
 * large matrix of an adaptive norm, is not.
 */
final class SensitiveNames {

  /** A name longer than this is looked at from its end only. */
  private static final int LOOKED_AT = 512;

  private record Rule(String reason, Pattern pattern) {

    Rule(String reason, String regex) {
      this(reason, Pattern.compile(regex, Pattern.CASE_INSENSITIVE));
    }
  }

  private static final String START = "(?:^|[./])";
  private static final String END = "(?:\\.(?:weight|gamma|beta|scale|embedding_table))?$";

  private static final List<Rule> KEPT =
      List.of(
          new Rule("bias", "(?:^|[./_])bias$"),
          new Rule(
              "norm",
              START
                  + "(?:\\w*layer_?norm|\\w*rms_?norm|\\w*batch_?norm|\\w*group_?norm"
                  + "|(?:\\w+_)?norm\\d*(?:_\\w+)?|ln_?\\w{0,8}|bn\\d*|gn\\d*)"
                  + END),
          new Rule(
              "modulation table", START + "(?:\\w*scale_shift_table|modulation|scale_shift)" + END),
          new Rule(
              "positional embedding",
              START
                  + "(?:pos_embed|pos_emb|pos_embedding|positional_embedding|position_embedding"
                  + "|position_embeddings|embed_positions|wpe|relative_attention_bias"
                  + "|rel_pos_\\w|relative_position_bias_table)"
                  + END),
          new Rule(
              "timestep embedding",
              START
                  + "(?:time_embed|time_embedding|timestep_embedder|timestep_embedding|t_embedder"
                  + "|time_in|guidance_in|guidance_embedder|time_text_embed|sigma_map"
                  + "|time_embedder|condition_embedder\\.time_embedder)(?:[./]|$)"),
          new Rule(
              "patch embedding",
              START
                  + "(?:patch_embed|patch_embedding|patch_embeddings|x_embedder|pos_embed)"
                  + "(?:[./]proj(?:ection)?)?"
                  + END),
          new Rule(
              "first projection", "^(?:\\w+[./]){0,3}(?:conv_in|img_in|conv_stem|conv_pre)" + END),
          new Rule(
              "last projection",
              "^(?:[a-z_]+[./]){0,3}(?:proj_out|conv_out|conv_post|final_layer[./]linear|last_layer)"
                  + END));

  private static final Rule TOKENS =
      new Rule(
          "token embedding",
          START
              + "(?:embed_tokens|wte|word_embeddings|tok_embeddings|token_embedding|vocab_embed"
              + "|lm_head|embed_out|shared)\\.weight$|^output\\.weight$");

  private SensitiveNames() {}

  /** Why a tensor of this name is kept, if its name says so. */
  static Optional<String> reason(String name) {
    String end = end(name);
    return KEPT.stream()
        .filter(rule -> rule.pattern().matcher(end).find())
        .map(Rule::reason)
        .findFirst();
  }

  /** Whether the name is that of a token embedding or of the head that mirrors it. */
  static boolean isTokenTable(String name) {
    return TOKENS.pattern().matcher(end(name)).find();
  }

  private static String end(String name) {
    return name.length() <= LOOKED_AT ? name : name.substring(name.length() - LOOKED_AT);
  }
}
