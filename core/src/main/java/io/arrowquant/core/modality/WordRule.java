package io.arrowquant.core.modality;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Words that tell a modality. They match whole words only, where words end at case, digits and
 * punctuation: {@code dit} is in {@code DiTTransformer2DModel} but not in {@code conditional}.
 */
record WordRule(Modality modality, Set<String> words) {

  /** The strongest first: a text-to-image model is an image model. */
  private static final List<WordRule> RULES =
      List.of(
          rule(
              Modality.IMAGE,
              "image dit mmdit vit vae unet flux sd sd3 sdxl pixart stablediffusion latentdiffusion"
                  + " autoencoderkl autoencodertiny vqgan"),
          rule(
              Modality.AUDIO,
              "audio wavegrad mel vocoder whisper wav2vec2 hubert speech hifigan bigvgan vocos"
                  + " encodec musicgen vits diffwave melgan tts asr vad"),
          rule(Modality.CODE, "code coder bigcode starcoder starcoder2 codegen"),
          rule(
              Modality.TEXT,
              "text mdlm sedd llada dream causallm maskedlm bert roberta gpt gpt2 llama mistral"
                  + " mixtral qwen qwen2 qwen3 gemma phi t5 mamba bloom falcon opt"));

  // A word: capitals that no small letter follows, a capital or none with small letters, digits.
  private static final Pattern WORD =
      Pattern.compile("\\p{Lu}+(?!\\p{Ll})|\\p{Lu}?\\p{Ll}+|\\p{Nd}+");

  private static final String JOINERS = "-_ ";

  private static WordRule rule(Modality modality, String words) {
    return new WordRule(modality, Set.of(words.split(" ")));
  }

  /** The strongest rule with a word in the text. */
  static Optional<WordRule> find(String text) {
    List<String> runs = runs(text);
    return RULES.stream().filter(rule -> runs.stream().anyMatch(rule.words::contains)).findFirst();
  }

  /**
   * All runs of up to four words that nothing but a hyphen, underscore or space parts, joined and
   * in lower case, since people write UNet, DiT, SD3 and U-Net: {@code UNet2D} gives {@code u,
   * unet, unet2, unet2d, net, ...}.
   */
  private static List<String> runs(String text) {
    List<String> runs = new ArrayList<>();
    List<StringBuilder> open = new ArrayList<>();
    int end = -2;
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      boolean joined =
          matcher.start() == end
              || (matcher.start() == end + 1 && JOINERS.indexOf(text.charAt(end)) >= 0);
      if (!joined) {
        open.clear();
      }
      String word = matcher.group().toLowerCase(Locale.ROOT);
      open.add(new StringBuilder());
      if (open.size() > 4) {
        open.remove(0);
      }
      for (StringBuilder run : open) {
        runs.add(run.append(word).toString());
      }
      end = matcher.end();
    }
    return runs;
  }
}
